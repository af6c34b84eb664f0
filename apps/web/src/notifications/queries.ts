import { infiniteQueryOptions } from '@tanstack/react-query'
import type { RouterInputs, RouterOutputs } from '@tenon/sdk'
import { client, trpc } from '../api/client.ts'

export type NotificationPage = RouterOutputs['notifications']['list']
export type Notification = NotificationPage['items'][number]
export type Preferences = RouterOutputs['notifications']['preferences']['get']
export type Kind = keyof Preferences
export type Channel = keyof Preferences[Kind]

const pageSize = 20

const filterOf = (isUnread: boolean): RouterInputs['notifications']['list'] => ({
  limit: pageSize,
  ...(isUnread && { unread: true }),
})

export const unreadCountQuery = trpc.notifications.unreadCount.queryOptions()

/** What came last: the menu of the bell, and what the list below it does not show yet. */
export const newestQuery = (isUnread: boolean) =>
  trpc.notifications.list.queryOptions(filterOf(isUnread), { staleTime: 60_000 })

/**
 * The list, as far down as it was opened. Only its page puts new ones at its top, when that does not move what is being
 * read.
 */
export const pagesQuery = (isUnread: boolean) =>
  infiniteQueryOptions({
    queryKey: trpc.notifications.list.infiniteQueryKey(filterOf(isUnread)),
    queryFn: ({ pageParam: cursor }) =>
      client.notifications.list.query({ ...filterOf(isUnread), ...(cursor && { cursor }) }),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchOnWindowFocus: false,
  })

export const preferencesQuery = trpc.notifications.preferences.get.queryOptions()
