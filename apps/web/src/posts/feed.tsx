import { useInfiniteQuery } from '@tanstack/react-query'
import { FileText } from 'lucide-react'
import { useMe } from '../session/use-me.ts'
import { ButtonLink } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { State } from '../ui/state.tsx'
import { More } from '../ui/more.tsx'
import { PostCard } from './post-card.tsx'
import { PostCardsSkeleton } from './post-skeletons.tsx'
import { feedQuery } from './queries.ts'

export function Feed() {
  const feed = useInfiniteQuery(feedQuery)
  return (
    <>
      <PageHeader title="Posts" description="What people here have published, newest first." />
      <Loaded query={feed} skeleton={<PostCardsSkeleton />}>
        {({ pages }) => {
          const posts = pages.flatMap(({ items }) => items)
          if (posts.length === 0) return <Empty />
          return (
            <>
              <ul aria-label="Posts" className="flex flex-col gap-3">
                {posts.map((post) => (
                  <li key={post.id}>
                    <PostCard post={post} />
                  </li>
                ))}
              </ul>
              <More query={feed} end="That was the first post ever." />
            </>
          )
        }}
      </Loaded>
    </>
  )
}

function Empty() {
  const me = useMe()
  return (
    <Card>
      <State
        icon={FileText}
        title="Nothing published yet"
        actions={
          <ButtonLink to={me ? '/posts/new' : '/sign-up'} look="primary">
            {me ? 'Write the first post' : 'Create an account'}
          </ButtonLink>
        }
      >
        The first post will stand here, for everybody to read.
      </State>
    </Card>
  )
}
