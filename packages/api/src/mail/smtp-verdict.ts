import { DependencyAwayError, PermanentJobError } from '../jobs/errors.ts'
import type { Sign } from './breaker.ts'

/** As nodemailer tells what went wrong: `command` is the one that was answered, `code` its own word for the kind. */
export interface SmtpError {
  message: string
  code?: string
  originalCode?: string
  command?: string
  responseCode?: number
  response?: string
}

/**
 * - `refused`: this mail, for good.
 * - `deferred`: this mail, for now; or nobody knows whether it was taken. Both cost an attempt.
 * - `away`: the relay, for now.
 * - `misconfigured`: the relay, until somebody mends its settings or ours.
 */
export type SmtpVerdict = 'refused' | 'deferred' | 'away' | 'misconfigured'

export function verdictOf(error: SmtpError, isHandedOver: boolean): SmtpVerdict {
  if (error.responseCode === undefined) return withoutReply(error, isHandedOver)
  const isFinal = error.responseCode >= 500
  if (isOfTheRelay(error)) return isFinal ? 'misconfigured' : 'away'
  // 503 is about the order of our commands, which another connection may not get wrong.
  return isFinal && error.responseCode !== 503 ? 'refused' : 'deferred'
}

export function toJobError(verdict: SmtpVerdict, error: SmtpError): Error {
  const told = describe(error)
  if (verdict === 'refused') return new PermanentJobError(told)
  return verdict === 'deferred' ? new Error(told) : new DependencyAwayError(told)
}

function withoutReply({ code = '', originalCode = code }: SmtpError, isHandedOver: boolean): SmtpVerdict {
  // A relay that takes every mail and never says so would be handed each of them all day long.
  if (isHandedOver) return 'deferred'
  if (code === 'EENVELOPE' || code === 'EMESSAGE') return 'refused'
  if (ofSettings.includes(code) || badCertificate.test(originalCode)) return 'misconfigured'
  return ofConnections.includes(code) ? 'away' : 'deferred'
}

/** A relay that refuses, throttles or closes with a reply is there, and takes nobody's time. */
export function signOf({ responseCode, code }: SmtpError, verdict: SmtpVerdict, isLate: boolean): Sign {
  if (responseCode !== undefined) return 'answered'
  if (code === 'ETIMEDOUT' || isLate) return 'silent'
  return verdict === 'away' && code !== 'EABORT' ? 'gone' : 'nothing'
}

const ofConnections = ['ECONNECTION', 'ESOCKET', 'ETIMEDOUT', 'EDNS', 'ETLS', 'EPROTOCOL', 'EABORT']
const ofSettings = ['EAUTH', 'ENOAUTH', 'EOAUTH2', 'ECONFIG', 'EPROXY', 'EREQUIRETLS']
const badCertificate = /CERT|SELF_SIGNED|ISSUER|^ERR_(SSL|TLS)_/

function isOfTheRelay({ command, responseCode = 0, response = '' }: SmtpError): boolean {
  if (wantsLogin.includes(responseCode) || closesOrThrottles.includes(responseCode)) return true
  if (command === 'MAIL FROM') return responseCode !== tooLarge
  if (command !== 'RCPT TO' && command !== 'DATA') return true
  return ofItsSystem.test(response) || refusesToRelay.test(response)
}

const wantsLogin = [530, 534, 535, 538]
const closesOrThrottles = [421, 454]
/** The only reply to a sender's address that is about one mail, as the address is the same for all. */
const tooLarge = 552
/** RFC 3463: a subject of 3 is the relay's own state; but for 4, a mail that is too large for it. */
const ofItsSystem = /^\d{3}[ -][45]\.3\.[^4]/
const refusesToRelay =
  /relay\w*\b.*\b(denied|prohibited|disabled|not (permitted|allowed))|(unable|not (permitted|allowed)) to relay/i

/** Kept with the job and logged: for longer than the person is, if it named them. */
function describe({ message, command, originalCode }: SmtpError): string {
  const told = message
    .replace(/[^\s<>]+@[^\s<>]+/g, '…')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .slice(0, 500)
  const cause = originalCode && !told.includes(originalCode) ? ` (${originalCode})` : ''
  return `SMTP${command ? `, ${command}` : ''}: ${told}${cause}`
}
