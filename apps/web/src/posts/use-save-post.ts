import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client } from '../api/client.ts'
import type { Intent, Text } from './editor.tsx'
import type { Post } from './queries.ts'
import { storePost } from './store-post.ts'

interface Saving {
  /** The post that the text was made from. */
  base: Post
  text: Text
  intent: Intent
}

interface Outcome {
  /** The text is safe, also when publishing it fails afterwards. */
  onSaved: (post: Post) => void
  onDone: (post: Post, intent: Intent) => unknown
}

export function useSavePost({ onSaved, onDone }: Outcome) {
  const queryClient = useQueryClient()
  return useMutation({
    async mutationFn({ base, text, intent }: Saving) {
      const saved = await saveText(base, text)
      onSaved(saved)
      return intent === 'publish' ? client.posts.publish.mutate({ id: base.id }) : saved
    },
    async onSuccess(post, { intent }) {
      onSaved(post)
      await storePost(queryClient, post)
      await onDone(post, intent)
    },
  })
}

async function saveText(base: Post, { title, body }: Text): Promise<Post> {
  if (title === base.title && body === base.body) return base
  return client.posts.update.mutate({ id: base.id, version: base.version, title, body })
}
