import { useCallback } from 'react'
import { explain } from '../api/errors.ts'
import { Button } from './button.tsx'

export interface MoreProps {
  query: {
    hasNextPage: boolean
    isFetchingNextPage: boolean
    isFetchNextPageError: boolean
    error: unknown
    fetchNextPage: () => unknown
  }
  end: string
}

/**
 * Loads the next page when it comes near. It is also a button: for the keyboard, and for a new try after a failure,
 * which never repeats by itself.
 */
export function More({ query, end }: MoreProps) {
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query
  const isWaiting = hasNextPage && !isFetchingNextPage && !isFetchNextPageError

  const watch = useCallback(
    (element: Element | null) => {
      if (!element || !isWaiting) return
      const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && fetchNextPage(), {
        rootMargin: '600px',
      })
      observer.observe(element)
      return () => observer.disconnect()
    },
    [isWaiting, fetchNextPage],
  )

  if (!hasNextPage) return <p className="py-8 text-center text-sm text-muted">{end}</p>
  return (
    <div ref={watch} className="flex flex-col items-center gap-2 py-6">
      {isFetchNextPageError && (
        <p role="alert" className="text-sm text-danger">
          {explain(query.error).message}
        </p>
      )}
      <Button look="quiet" pending={isFetchingNextPage} onClick={() => fetchNextPage()}>
        {isFetchingNextPage ? 'Loading more' : isFetchNextPageError ? 'Try again' : 'Load more'}
      </Button>
    </div>
  )
}
