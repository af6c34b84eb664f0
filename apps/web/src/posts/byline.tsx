import { Link } from '@tanstack/react-router'
import { Avatar } from '../ui/avatar.tsx'
import { Time } from '../ui/time.tsx'
import type { Post } from './queries.ts'

/** Who wrote it and when. The name is a link of its own, above a card that is one as a whole. */
export function Byline({ post, withAuthor = true }: { post: Post; withAuthor?: boolean }) {
  const { author, publishedAt, updatedAt } = post
  return (
    <p className="flex items-center gap-2 text-[0.8125rem] text-muted">
      {withAuthor && (
        <>
          <Link
            to="/users/$id"
            params={{ id: author.id }}
            className="relative z-1 flex min-w-0 items-center gap-2 rounded-md font-medium text-ink underline-offset-2 hover:underline"
          >
            <Avatar user={author} size="small" />
            <span className="truncate">{author.name ?? author.username}</span>
          </Link>
          {author.name && <span className="hidden truncate sm:inline">@{author.username}</span>}
          <span aria-hidden>·</span>
        </>
      )}
      <Time at={publishedAt ?? updatedAt} className="shrink-0" />
    </p>
  )
}
