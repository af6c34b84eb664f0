import { createFileRoute } from '@tanstack/react-router'
import { Feed } from '../../posts/feed.tsx'
import { feedQuery } from '../../posts/queries.ts'

export const Route = createFileRoute('/_app/')({
  loader: ({ context }) => void context.queryClient.prefetchInfiniteQuery(feedQuery),
  component: Feed,
})
