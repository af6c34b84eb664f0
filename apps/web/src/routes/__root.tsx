import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, Outlet } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { Shell } from '../shell/shell.tsx'
import { useFocusOnNavigation } from '../shell/use-focus-on-navigation.ts'
import { NotFound } from '../ui/not-found.tsx'

export const Route = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Root,
  notFoundComponent: () => (
    <Shell>
      <NotFound />
    </Shell>
  ),
})

const Toasts = lazy(() => import('../ui/toasts.tsx').then(({ Toasts }) => ({ default: Toasts })))

function Root() {
  useFocusOnNavigation()
  return (
    <>
      <Outlet />
      <Suspense>
        <Toasts />
      </Suspense>
    </>
  )
}
