import { useQuery } from '@tanstack/react-query'
import { explain } from '../api/errors.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Skeleton } from '../ui/skeleton.tsx'
import { Time } from '../ui/time.tsx'
import { type Post, postQuery } from './queries.ts'

interface ConflictDialogProps {
  postId: string
  open: boolean
  onLoadTheirs: (theirs: Post) => void
  /** Goes on from their version: the next save replaces it, knowingly. */
  onKeepMine: (theirs: Post | undefined) => void
}

export function ConflictDialog({ postId, open, onLoadTheirs, onKeepMine }: ConflictDialogProps) {
  const theirs = useQuery({ ...postQuery(postId), enabled: open, staleTime: 0, gcTime: 0 })
  const isKnown = theirs.isSuccess && !theirs.isFetching
  return (
    <Dialog
      open={open}
      onClose={() => onKeepMine(isKnown ? theirs.data : undefined)}
      title="It was saved somewhere else"
      actions={
        <>
          <Button onClick={() => onKeepMine(isKnown ? theirs.data : undefined)}>Keep editing</Button>
          <Button look="primary" pending={!isKnown} onClick={() => theirs.data && onLoadTheirs(theirs.data)}>
            Load theirs
          </Button>
        </>
      }
    >
      <p>
        While you were writing, this post was saved in another tab or on another device. Nothing of yours is
        lost: keep editing and save again to replace this version, or load it and lose your changes.
      </p>
      <div className="mt-3 rounded-lg border border-line bg-canvas px-3.5 py-3">
        {theirs.isError && explain(theirs.error).message}
        {!isKnown && !theirs.isError && <Skeleton className="h-10" />}
        {isKnown && <Theirs post={theirs.data} />}
      </div>
    </Dialog>
  )
}

const Theirs = ({ post }: { post: Post }) => (
  <>
    <p className="text-xs">
      Saved <Time at={post.updatedAt} />
    </p>
    <p className="mt-1 line-clamp-2 font-medium text-ink wrap-anywhere">{post.title}</p>
    <p className="mt-0.5 line-clamp-3 wrap-anywhere">{post.body.slice(0, 400)}</p>
  </>
)
