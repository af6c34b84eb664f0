import { createTransport } from 'nodemailer'
import type { Log, Settings } from '../deps.ts'
import { messageIdOf, type Mail, type Mailer } from './mailer.ts'
import { toJobError, verdictOf, type SmtpError, type SmtpVerdict } from './smtp-verdict.ts'

export interface SmtpMailer extends Mailer {
  /** Ends the connections; a mail that is being sent fails. */
  close(): void
}

interface Options {
  log?: Pick<Log, 'error' | 'info'>
  /** How long one mail may take in all, less than its job may. */
  patienceMs?: number
}

/** Sends by SMTP, over connections that are kept while there is much to send. */
export function createSmtpMailer(
  smtpUrl: string,
  { mailFrom, publicUrl }: Pick<Settings, 'mailFrom' | 'publicUrl'>,
  { log, patienceMs = 50_000 }: Options = {},
): SmtpMailer {
  const transport = createTransport({ ...transportOptions, url: smtpUrl })
  const handedOver = new Set<string>()
  transport.use('stream', ({ message }, done) => {
    message.processFunc((whole) => whole.once('end', () => handedOver.add(message.messageId())))
    done()
  })
  const tellOfRefusals = refusalTeller(log)

  return {
    async send(mail, signal) {
      const messageId = messageIdOf(mail.key, publicUrl)
      const signals = [AbortSignal.timeout(patienceMs), ...(signal ? [signal] : [])]
      try {
        const message = { ...toMessage(mail), from: mailFrom, messageId, signal: AbortSignal.any(signals) }
        await transport.sendMail(message)
        tellOfRefusals('sent')
      } catch (error) {
        const verdict = verdictOf(error as SmtpError, handedOver.has(messageId))
        const told = toJobError(verdict, error as SmtpError)
        tellOfRefusals(verdict, told)
        throw told
      } finally {
        handedOver.delete(messageId)
      }
    },
    close: () => transport.close({ force: true }),
  }
}

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
