import { infiniteQueryOptions } from '@tanstack/react-query'
import type { RouterInputs, RouterOutputs } from '@tenon/sdk'
import { client, trpc } from '../api/client.ts'

export type Post = RouterOutputs['posts']['get']

export const postQuery = (id: string) => trpc.posts.get.queryOptions({ id })

export const feedQuery = pagesOf({})

export const draftsQuery = pagesOf({ drafts: true })

/** Page after page by cursor. tRPC's own options would send a `direction` along, which the procedure does not know. */
function pagesOf(filter: RouterInputs['posts']['list']) {
  return infiniteQueryOptions({
    queryKey: trpc.posts.list.infiniteQueryKey(filter),
    queryFn: ({ pageParam: cursor }) =>
      client.posts.list.query({ ...filter, limit: 20, ...(cursor && { cursor }) }),
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
}
