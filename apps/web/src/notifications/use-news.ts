import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect } from 'react'
import { newsOf, type Pages, withNewest } from './newest.ts'
import { newestQuery, pagesQuery } from './queries.ts'

const nearTop = 80

/** What the list does not show yet. It comes in by itself at the top of the page; below, when it is asked for. */
export function useNews(shown: Pages, isUnread: boolean) {
  const queryClient = useQueryClient()
  const { data: newest } = useQuery({
    ...newestQuery(isUnread),
    ...(shown.pages[0] && { initialData: shown.pages[0] }),
  })
  const count = newest ? newsOf(shown, newest).length : 0

  const show = useCallback(() => {
    if (!newest) return
    queryClient.setQueryData(pagesQuery(isUnread).queryKey, (pages) => pages && withNewest(pages, newest))
  }, [queryClient, isUnread, newest])

  useEffect(() => {
    if (count > 0 && scrollY < nearTop) show()
  }, [count, show])

  return { count, show }
}
