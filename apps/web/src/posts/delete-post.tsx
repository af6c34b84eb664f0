import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import type { Post } from './queries.ts'
import { useDeletePost } from './use-delete-post.ts'

interface DeletePostProps {
  post: Post
  onDeleted?: () => void
}

export function DeletePost({ post, onDeleted }: DeletePostProps) {
  const [isAsking, setIsAsking] = useState(false)
  const deletion = useDeletePost(post, {
    onDeleted() {
      setIsAsking(false)
      onDeleted?.()
    },
    onFailed: () => setIsAsking(false),
  })
  return (
    <>
      <Button
        look="quiet"
        size="small"
        aria-label={`Delete “${post.title}”`}
        icon={<Trash2 aria-hidden className="size-3.5" />}
        onClick={() => setIsAsking(true)}
      >
        Delete
      </Button>
      <Confirm
        open={isAsking}
        title={post.publishedAt ? 'Delete this post?' : 'Delete this draft?'}
        action="Delete"
        pending={deletion.isPending}
        onConfirm={() => deletion.mutate()}
        onClose={() => setIsAsking(false)}
      >
        <strong className="font-medium text-ink wrap-anywhere">{post.title}</strong> will be gone for
        everybody. You can undo it right afterwards.
      </Confirm>
    </>
  )
}
