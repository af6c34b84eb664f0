import type { QueryClient } from '@tanstack/react-query'
import { trpc } from '../api/client.ts'
import type { Pages } from './newest.ts'
import { type Notification, type NotificationPage, unreadCountQuery } from './queries.ts'

const newest = { queryKey: trpc.notifications.list.queryKey() }
const lists = { queryKey: trpc.notifications.list.infiniteQueryKey() }

/** Wherever they are shown. Lists of what is unread keep them until they are read anew: nothing moves below a pointer. */
export function showAsRead(queryClient: QueryClient, isMeant: (notification: Notification) => boolean) {
  const readAt = new Date().toISOString()
  const withMarks = (page: NotificationPage): NotificationPage => ({
    ...page,
    items: page.items.map((item) => (item.readAt === null && isMeant(item) ? { ...item, readAt } : item)),
  })
  queryClient.setQueriesData<NotificationPage>(newest, (page) => page && withMarks(page))
  queryClient.setQueriesData<Pages>(lists, (data) => data && { ...data, pages: data.pages.map(withMarks) })
}

/** Asks anew for how many there are and what came last; lists are asked for when they are opened next. */
export async function refresh(queryClient: QueryClient) {
  // What nobody looks at can wait until somebody does.
  const refetchType = document.hidden ? 'none' : 'active'
  await Promise.all([
    queryClient.invalidateQueries({ ...unreadCountQuery, refetchType }),
    queryClient.invalidateQueries({ ...newest, refetchType }),
    queryClient.invalidateQueries({ ...lists, refetchType: 'none' }),
  ])
}

/** Everything from the start, for when what is shown proved wrong. */
export const reload = (queryClient: QueryClient) =>
  queryClient.invalidateQueries({ queryKey: trpc.notifications.pathKey() })
