import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { PencilLine, SquarePen } from 'lucide-react'
import { ButtonLink } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { State } from '../ui/state.tsx'
import { Time } from '../ui/time.tsx'
import { DeletePost } from './delete-post.tsx'
import { More } from '../ui/more.tsx'
import { PostCardsSkeleton } from './post-skeletons.tsx'
import { draftsQuery, type Post } from './queries.ts'

export function Drafts() {
  const drafts = useInfiniteQuery(draftsQuery)
  return (
    <>
      <PageHeader title="Drafts" description="What you are still working on. Only you see it." />
      <Loaded query={drafts} skeleton={<PostCardsSkeleton count={3} />}>
        {({ pages }) => {
          const posts = pages.flatMap(({ items }) => items)
          if (posts.length === 0) return <Empty />
          return (
            <>
              <ul
                aria-label="Drafts"
                className="divide-y divide-line rounded-xl border border-line bg-surface"
              >
                {posts.map((post) => (
                  <Row key={post.id} post={post} />
                ))}
              </ul>
              {drafts.hasNextPage && <More query={drafts} end="" />}
            </>
          )
        }}
      </Loaded>
    </>
  )
}

const Row = ({ post }: { post: Post }) => (
  <li className="flex items-center gap-3 py-3 pr-2 pl-4 sm:pl-5">
    <div className="min-w-0 flex-1">
      <Link
        to="/posts/$id/edit"
        params={{ id: post.id }}
        className="block truncate rounded-sm text-sm font-medium underline-offset-2 hover:underline"
      >
        {post.title}
      </Link>
      <p className="mt-0.5 truncate text-[0.8125rem] text-muted">
        Changed <Time at={post.updatedAt} />
        {post.body && ` · ${post.body.slice(0, 160)}`}
      </p>
    </div>
    <DeletePost post={post} />
  </li>
)

const Empty = () => (
  <Card>
    <State
      icon={PencilLine}
      title="No drafts"
      actions={
        <ButtonLink to="/posts/new" look="primary">
          <SquarePen aria-hidden className="size-4" /> Write something
        </ButtonLink>
      }
    >
      What you save without publishing waits for you here.
    </State>
  </Card>
)
