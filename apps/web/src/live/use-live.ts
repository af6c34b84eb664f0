import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { whenIdle } from '../when-idle.ts'

/** Keeps what is shown current while somebody is signed in. Its code comes when the page has been painted. */
export function useLive(userId: string) {
  const queryClient = useQueryClient()
  useEffect(() => {
    const controller = new AbortController()
    whenIdle(() => void start(controller.signal).catch(() => {}))
    return () => controller.abort()

    // Where the code cannot be had, what is shown is asked for anew as it was before: on focus, and when it is opened.
    async function start(signal: AbortSignal) {
      const [{ hear }, { reactTo }] = await Promise.all([
        import('./hear.ts'),
        import('../notifications/react-to.ts'),
      ])
      if (!signal.aborted) hear(userId, reactTo(queryClient), signal)
    }
  }, [userId, queryClient])
}
