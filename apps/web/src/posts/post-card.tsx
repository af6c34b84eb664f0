import { Link } from '@tanstack/react-router'
import { Byline } from './byline.tsx'
import type { Post } from './queries.ts'

interface PostCardProps {
  post: Post
  /** Not on the author's own page, where it would repeat itself. */
  withAuthor?: boolean
  heading?: 'h2' | 'h3'
}

export function PostCard({ post, withAuthor = true, heading: Heading = 'h2' }: PostCardProps) {
  return (
    <article className="relative rounded-xl border border-line bg-surface p-4 transition-colors hover:border-line-strong has-[.whole:focus-visible]:outline-2 has-[.whole:focus-visible]:outline-offset-2 has-[.whole:focus-visible]:outline-accent sm:px-5">
      <Byline post={post} withAuthor={withAuthor} />
      <Heading className="mt-2.5 font-semibold tracking-tight wrap-anywhere">
        <Link
          to="/posts/$id"
          params={{ id: post.id }}
          className="whole outline-none after:absolute after:inset-0 after:rounded-xl"
        >
          {post.title}
        </Link>
      </Heading>
      {post.body && (
        <p className="mt-1 line-clamp-3 text-sm leading-6 text-muted wrap-anywhere">
          {post.body.slice(0, 600)}
        </p>
      )}
    </article>
  )
}
