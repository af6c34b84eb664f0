import { router } from './router.tsx'
import { whenIdle } from './when-idle.ts'

/**
 * Fetches the code of all pages once the first one is there: they are small, and then there is none that a lost
 * connection, or a new version taking the place of this one's files, could keep from opening.
 */
export function preloadPages() {
  const unsubscribe = router.subscribe('onRendered', () => {
    unsubscribe()
    whenIdle(() => Object.values(router.routesById).forEach((route) => void router.loadRouteChunk(route)))
  })
}
