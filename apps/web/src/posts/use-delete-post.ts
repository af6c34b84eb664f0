import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client, trpc } from '../api/client.ts'
import { explain } from '../api/errors.ts'
import { notify } from '../ui/notify.ts'
import { type Post, postQuery } from './queries.ts'

interface Outcome {
  onDeleted: () => void
  onFailed: () => void
}

/** Deletes, and offers to take it back. The offer outlives the page that it was made on. */
export function useDeletePost(post: Post, { onDeleted, onFailed }: Outcome) {
  const queryClient = useQueryClient()
  const what = post.publishedAt ? 'Post' : 'Draft'

  return useMutation({
    mutationFn: () => client.posts.delete.mutate({ id: post.id }),
    async onSuccess() {
      onDeleted()
      queryClient.removeQueries(postQuery(post.id))
      notify({ title: `${what} deleted`, action: { label: 'Undo', onClick: () => void restore() } })
      await refreshLists()
    },
    onError(error) {
      onFailed()
      notify({ title: `${what} not deleted`, description: explain(error).message, tone: 'danger' })
    },
  })

  async function restore() {
    try {
      await client.posts.restore.mutate({ id: post.id })
      notify({ title: `${what} restored` })
      await refreshLists()
    } catch (error) {
      notify({ title: `${what} not restored`, description: explain(error).message, tone: 'danger' })
    }
  }

  async function refreshLists() {
    await queryClient.invalidateQueries({ queryKey: trpc.posts.list.pathKey() })
    await queryClient.invalidateQueries({ queryKey: trpc.users.get.pathKey() })
  }
}
