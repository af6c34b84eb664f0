import type { QueryClient } from '@tanstack/react-query'
import { trpc } from '../api/client.ts'
import { type Post, postQuery } from './queries.ts'

/** What the server answered is what is shown next; lists that it may stand in are asked for again. */
export async function storePost(queryClient: QueryClient, post: Post) {
  queryClient.setQueryData(postQuery(post.id).queryKey, post)
  await queryClient.invalidateQueries({ queryKey: trpc.posts.list.pathKey() })
  await queryClient.invalidateQueries({ queryKey: trpc.users.get.pathKey() })
}
