import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Pencil } from 'lucide-react'
import { useMe } from '../session/use-me.ts'
import { useTitle } from '../shell/use-title.ts'
import { Badge } from '../ui/badge.tsx'
import { ButtonLink } from '../ui/button.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Byline } from './byline.tsx'
import { DeletePost } from './delete-post.tsx'
import { PostSkeleton } from './post-skeletons.tsx'
import { type Post, postQuery } from './queries.ts'

export function PostPage({ id }: { id: string }) {
  const post = useQuery(postQuery(id))
  return (
    <Loaded query={post} skeleton={<PostSkeleton />}>
      {(post) => <Article post={post} />}
    </Loaded>
  )
}

function Article({ post }: { post: Post }) {
  const me = useMe()
  useTitle(post.title)
  return (
    <article>
      <h1 className="text-2xl font-semibold tracking-tight text-balance wrap-anywhere">{post.title}</h1>
      <div className="mt-3 flex min-h-9 flex-wrap items-center gap-x-3 gap-y-2">
        <Byline post={post} />
        {!post.publishedAt && <Badge tone="warning">Draft</Badge>}
        {me?.id === post.author.id && <Tools post={post} />}
      </div>
      <div className="mt-7 text-[0.9375rem] leading-7 whitespace-pre-wrap wrap-anywhere">
        {post.body || <span className="text-muted">No text.</span>}
      </div>
    </article>
  )
}

/** For the author. */
function Tools({ post }: { post: Post }) {
  const navigate = useNavigate()
  return (
    <div className="flex gap-1.5 sm:ml-auto">
      <ButtonLink to="/posts/$id/edit" params={{ id: post.id }} size="small">
        <Pencil aria-hidden className="size-3.5" /> Edit
      </ButtonLink>
      <DeletePost post={post} onDeleted={() => void navigate({ to: post.publishedAt ? '/' : '/drafts' })} />
    </div>
  )
}
