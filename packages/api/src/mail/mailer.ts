export interface Mail {
  to: string
  subject: string
  html: string
  text: string
  /** The same for every attempt at one mail: its Message-ID is made of it, so that a repeat can be recognised. */
  key: string
  /** A page where these mails are switched off, for those that may be: mail clients show it beside the sender. */
  unsubscribeUrl?: string
}

/** What sends a mail, or throws so that the job knows whether to try again. */
export interface Mailer {
  send(mail: Mail, signal?: AbortSignal): Promise<void>
}

/** `<auth.mail-link.42@tenon.example>` */
export function messageIdOf(key: string, publicUrl: string): string {
  return `<${key.replace(/[^A-Za-z0-9.-]/g, '.')}@${new URL(publicUrl).hostname}>`
}
