import type { InfiniteData } from '@tanstack/react-query'
import type { NotificationPage } from './queries.ts'

/** Pages that have been opened, whatever they were asked for with. */
export type Pages<Param = unknown> = InfiniteData<NotificationPage, Param>

/** Ids rise with time. */
export function newsOf({ pages }: Pages, newest: NotificationPage) {
  const last = pages.flatMap(({ items }) => items)[0]?.id ?? ''
  return newest.items.filter(({ id }) => id > last)
}

/** With them at the top. When so much is new that there is a gap below it, the list begins anew. */
export function withNewest<Param>(data: Pages<Param>, newest: NotificationPage): Pages<Param> {
  const news = newsOf(data, newest)
  const [first, ...rest] = data.pages
  const hasGap = news.length === newest.items.length && newest.nextCursor !== null
  if (!first || hasGap) return { pages: [newest], pageParams: data.pageParams.slice(0, 1) }
  return { ...data, pages: [{ ...first, items: [...news, ...first.items] }, ...rest] }
}
