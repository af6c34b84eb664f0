import { setTimeout as sleep } from 'node:timers/promises'
import { createSmtpServer } from '../../packages/api/src/testing/smtp-server.ts'

/** A mail server that takes its time, so that some are killed between its answer and their note of it. */
export async function startMailServer(chance, opened) {
  const server = await createSmtpServer()
  opened.defer(() => server.stop())
  server.decide = () => sleep(chance.between(1, 30))
  return { url: server.url, confirmations: () => confirmationsIn(server.received) }
}

/** The ids of the mails that ask to confirm an address, by recipient. */
function confirmationsIn(received) {
  const mails = received.filter(({ text = '' }) => text.includes('/verify#token='))
  return Map.groupBy(
    mails.map(({ recipients, messageId }) => ({ to: recipients[0], messageId })),
    ({ to }) => to,
  )
}
