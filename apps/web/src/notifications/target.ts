import { safeNext } from '../session/safe-next.ts'
import type { Notification } from './queries.ts'

/** Where it leads on this site; undefined where it says everything itself. Its address names the site as mails do. */
export function targetOf({ url }: Notification): string | undefined {
  const address = url === null ? null : URL.parse(url)
  return address ? safeNext(address.pathname + address.search + address.hash) : undefined
}
