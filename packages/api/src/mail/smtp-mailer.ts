import { createTransport } from 'nodemailer'
import type { Settings } from '../deps.ts'
import { DependencyAwayError, PermanentJobError } from '../jobs/errors.ts'
import { messageIdOf, type Mail, type Mailer } from './mailer.ts'

/** Sends by SMTP. The pool is not kept open: `close` is not needed. */
export function createSmtpMailer(
  smtpUrl: string,
  { mailFrom, publicUrl }: Pick<Settings, 'mailFrom' | 'publicUrl'>,
): Mailer {
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 30_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send({ to, subject, html, text, key }: Mail) {
      const messageId = messageIdOf(key, publicUrl)
      await transport
        .sendMail({ from: mailFrom, to: { name: '', address: to }, subject, html, text, messageId })
        .catch((error: unknown) => {
          throw toJobError(error)
        })
    },
  }
}

/** A 5xx answer is final, a 4xx is tried again, and a server that can't be reached or logged in to is away. */
export function toJobError(error: unknown): Error {
  const { code, responseCode, message } = error as { code?: string; responseCode?: number; message: string }
  // It is kept with the job and logged: longer than the person is, if it named them.
  const told = `SMTP: ${message.replace(/[^\s<>]+@[^\s<>]+/g, '…')}`
  if (code === 'EAUTH' || responseCode === undefined) return new DependencyAwayError(told)
  return responseCode >= 500 ? new PermanentJobError(told) : new Error(told)
}
