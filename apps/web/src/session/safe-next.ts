/**
 * Where to go after signing in: an address on this origin, else the start page. Browsers read `\` as `/`, drop tabs
 * and line breaks, and take `//host` for another origin, so the judgement is the URL parser's and not a pattern's.
 */
export function safeNext(next: unknown, origin = location.origin): string {
  if (typeof next !== 'string' || !next.startsWith('/')) return '/'
  const url = URL.parse(next, origin)
  if (!url || url.origin !== origin || url.pathname.startsWith('//')) return '/'
  return url.pathname + url.search + url.hash
}
