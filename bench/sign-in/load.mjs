import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Everybody signs in, again and again, and waits as long as `Retry-After` says when shed.
 *
 * @param {ReturnType<typeof import('../http.mjs').createClient>} client
 * @param {{ email: string, password: string }[]} accounts
 */
export async function signInAtOnce({ call }, accounts, seconds) {
  const end = performance.now() + seconds * 1000
  const seen = { signedInMs: [], shedMs: [], unexpected: [] }

  async function signIn({ email, password }) {
    while (performance.now() < end) {
      const body = { email, password, tokenInBody: true }
      const { status, headers, text, ms } = await call('POST', '/api/v1/auth/sessions', { body })
      const wait = waitOf(status, headers, text)
      if (status === 201 && performance.now() < end) seen.signedInMs.push(ms)
      else if (wait !== undefined) seen.shedMs.push(ms)
      else if (status !== 201) seen.unexpected.push(`${status} ${text.slice(0, 200)}`)
      if (wait !== undefined) await sleep(Math.min(wait * 1000, Math.max(0, end - performance.now())))
    }
  }

  await Promise.all(accounts.map(signIn))
  return seen
}

/** In seconds, of an answer that sheds as it should. */
function waitOf(status, headers, text) {
  const wait = Number(headers['retry-after'])
  return status === 503 && wait >= 1 && text.includes('"UNAVAILABLE"') ? wait : undefined
}
