import type { IncomingRequest } from '../context.ts'
import { newId } from '../ids.ts'

/** One that knows nothing of who asks. */
export const plainRequest = (): IncomingRequest => ({
  id: newId(),
  ip: '203.0.113.7',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
  authorization: undefined,
  cookie: undefined,
  mayUseCookies: true,
})
