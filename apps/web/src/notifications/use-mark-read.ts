import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client } from '../api/client.ts'
import { explain, isNotFound } from '../api/errors.ts'
import { notify } from '../ui/notify.ts'
import { refresh, reload, showAsRead } from './cache.ts'
import { type Notification, unreadCountQuery } from './queries.ts'

/** At once on the screen; the server may take its time. */
export function useMarkRead() {
  const queryClient = useQueryClient()
  const markRead = useMutation({
    mutationFn: ({ id }: Notification) => client.notifications.markRead.mutate({ id }),
    onMutate({ id }) {
      showAsRead(queryClient, (shown) => shown.id === id)
      queryClient.setQueryData(
        unreadCountQuery.queryKey,
        (known) => known && { count: Math.max(0, known.count - 1) },
      )
    },
    onSuccess: () => refresh(queryClient),
    async onError(error) {
      await reload(queryClient)
      // What it told of may be gone, and it with it.
      if (isNotFound(error)) return
      notify({ title: 'Not marked as read', description: explain(error).message, tone: 'danger' })
    },
  })
  return (notification: Notification) => {
    if (notification.readAt === null) markRead.mutate(notification)
  }
}

export function useMarkAllRead(onDone: () => void) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: () => client.notifications.markAllRead.mutate(),
    async onSuccess() {
      await reload(queryClient)
      onDone()
    },
    onError: (error) =>
      notify({ title: 'Not marked as read', description: explain(error).message, tone: 'danger' }),
  })
}
