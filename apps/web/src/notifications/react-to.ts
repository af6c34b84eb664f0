import type { QueryClient } from '@tanstack/react-query'
import type { Heard } from '../live/hear.ts'
import { refresh, showAsRead } from './cache.ts'

const pauseMs = 200

/** What was read on another device is shown as read; what is new is asked for, once for many that come together. */
export function reactTo(queryClient: QueryClient) {
  let timer: ReturnType<typeof setTimeout> | undefined

  return (heard: Heard) => {
    if (heard.kind === 'event') {
      const { name, data, at } = heard
      if (name === 'notification.read') showAsRead(queryClient, ({ id }) => id === data['notificationId'])
      if (name === 'notification.all-read') showAsRead(queryClient, ({ createdAt }) => createdAt <= at)
    }
    timer ??= setTimeout(() => {
      timer = undefined
      void refresh(queryClient)
    }, pauseMs)
  }
}
