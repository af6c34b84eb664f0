import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'

/** A new page begins at its content, for keyboards and screen readers as a page load would. */
export function useFocusOnNavigation() {
  const router = useRouter()
  useEffect(
    () =>
      router.subscribe('onRendered', ({ fromLocation, pathChanged }) => {
        const main = document.getElementById('main')
        if (!fromLocation || !pathChanged || main?.contains(document.activeElement)) return
        main?.focus({ preventScroll: true })
      }),
    [router],
  )
}
