export const sessionCookieName = '__Host-tenon_session'
// As long as a session can live at most; whether it does is the server's to say.
const maxAgeSeconds = 90 * 24 * 60 * 60
const attributes = 'Path=/; HttpOnly; Secure; SameSite=Lax'

export const sessionCookie = (token: string) =>
  `${sessionCookieName}=${token}; Max-Age=${maxAgeSeconds}; ${attributes}`

export const blankSessionCookie = `${sessionCookieName}=; Max-Age=0; ${attributes}`

const pattern = new RegExp(`(?:^|;)\\s*${sessionCookieName}=([^;]*)`, 'g')

/**
 * Lucia's own reader throws when any cookie of the host holds a stray `%`, so the one that matters is picked out. Of two
 * nobody can say which the browser was given by us: then there is none.
 */
export function readSessionCookie(header: string | undefined): string | undefined {
  const [found, ...others] = (header ?? '').matchAll(pattern)
  return others.length === 0 ? found?.[1] : undefined
}
