import { createTransport } from 'nodemailer'
import type { Log, Settings } from '../deps.ts'
import { DependencyAwayError } from '../jobs/errors.ts'
import { createBreaker } from './breaker.ts'
import { messageIdOf, type Mail, type Mailer } from './mailer.ts'
import { signOf, toJobError, verdictOf, type SmtpError, type SmtpVerdict } from './smtp-verdict.ts'

export interface SmtpMailer extends Mailer {
  /** Ends the connections; a mail that is being sent fails. */
  close(): void
}

interface Options {
  log?: Pick<Log, 'error' | 'info'>
  /** How long one mail may take in all, less than its job may. */
  patienceMs?: number
  /** How long a relay that did not answer is left alone. */
  pauseMs?: number
}

/**
 * Sends by SMTP, over connections that are kept while there is much to send. While the relay does not answer, all but one at a time
 * fail at once.
 */
export function createSmtpMailer(
  smtpUrl: string,
  { mailFrom, publicUrl }: Pick<Settings, 'mailFrom' | 'publicUrl'>,
  { log, patienceMs = 50_000, pauseMs = 5_000 }: Options = {},
): SmtpMailer {
  const transport = createTransport({ ...transportOptions, url: smtpUrl })
  const handedOver = new Set<string>()
  const inLine = new Map<string, AbortController>()
  transport.use('stream', ({ message }, done) => {
    message.processFunc((whole) => {
      inLine.delete(message.messageId())
      return whole.once('end', () => handedOver.add(message.messageId()))
    })
    done()
  })
  const tellOfRefusals = refusalTeller(log)
  // Those that wait for a connection: none of them can have been taken, and one after the other would wait for the same silence.
  const breaker = createBreaker({ onSilence: () => inLine.forEach((waiting) => waiting.abort()), pauseMs })

  return {
    async send(mail, signal) {
      const leave = breaker.enter()
      if (!leave) throw new DependencyAwayError(unanswered)
      const messageId = messageIdOf(mail.key, publicUrl)
      const waiting = new AbortController()
      inLine.set(messageId, waiting)
      const patience = AbortSignal.timeout(patienceMs)
      const signals = [waiting.signal, patience, ...(signal ? [signal] : [])]
      try {
        const message = { ...toMessage(mail), from: mailFrom, messageId, signal: AbortSignal.any(signals) }
        await transport.sendMail(message)
        leave('answered')
        tellOfRefusals('sent')
      } catch (error) {
        if (waiting.signal.aborted) {
          leave('nothing')
          throw new DependencyAwayError(unanswered)
        }
        const verdict = verdictOf(error as SmtpError, handedOver.has(messageId))
        leave(signOf(error as SmtpError, verdict, patience.aborted))
        const told = toJobError(verdict, error as SmtpError)
        tellOfRefusals(verdict, told)
        throw told
      } finally {
        handedOver.delete(messageId)
        inLine.delete(messageId)
      }
    },
    close: () => transport.close({ force: true }),
  }
}

const unanswered = 'SMTP: The mail server did not answer others, and is tried with one mail at a time'

const transportOptions = {
  pool: true,
  maxConnections: 5,
  // Short, as firewalls forget quiet connections without a word.
  idleTimeout: 10_000,
  // Only what was not begun is begun again, on another connection.
  maxRequeues: 1,
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  socketTimeout: 30_000,
  disableFileAccess: true,
  disableUrlAccess: true,
} as const

function toMessage({ to, subject, html, text, unsubscribeUrl }: Mail) {
  return {
    to: { name: '', address: to },
    subject,
    html,
    text,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    ...(unsubscribeUrl && { list: { unsubscribe: unsubscribeUrl } }),
  }
}

/** Once when the relay begins to refuse us, and once when it takes a mail again, however many wait in between. */
function refusalTeller(log: Options['log']) {
  let isRefused = false
  return (verdict: SmtpVerdict | 'sent', err?: Error) => {
    if (verdict === 'misconfigured' && !isRefused)
      log?.error(
        { err },
        'the mail server refuses all mail of ours: it waits for a day; check SMTP_URL and MAIL_FROM',
      )
    if (verdict === 'sent' && isRefused) log?.info({}, 'the mail server takes our mail again')
    if (verdict === 'sent' || verdict === 'misconfigured') isRefused = verdict === 'misconfigured'
  }
}
