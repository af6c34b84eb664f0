import type { Mail, Mailer } from '../mail/mailer.ts'

export interface TestMailbox extends Mailer {
  sent: Mail[]
  to(address: string): Mail[]
  /** The token in the newest mail to this address. */
  tokenFor(address: string): string
  /** While set, every mail fails with it. */
  failure: Error | undefined
}

export function createTestMailbox(): TestMailbox {
  const mailbox: TestMailbox = {
    sent: [],
    failure: undefined,
    async send(mail) {
      if (mailbox.failure) throw mailbox.failure
      mailbox.sent.push(mail)
    },
    to: (address) => mailbox.sent.filter((mail) => mail.to === address),
    tokenFor(address) {
      const token = /#token=([\w-]+)/.exec(mailbox.to(address).at(-1)?.text ?? '')?.[1]
      if (!token) throw new Error(`No mail with a link went to ${address}`)
      return token
    },
  }
  return mailbox
}
