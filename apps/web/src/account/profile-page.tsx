import { useQuery } from '@tanstack/react-query'
import type { RouterOutputs } from '@tenon/sdk'
import { FileText, Pencil } from 'lucide-react'
import { PostCard } from '../posts/post-card.tsx'
import { useMe } from '../session/use-me.ts'
import { useTitle } from '../shell/use-title.ts'
import { Avatar } from '../ui/avatar.tsx'
import { ButtonLink } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { State } from '../ui/state.tsx'
import { FollowButton } from './follow-button.tsx'
import { ProfileSkeleton } from './profile-skeleton.tsx'
import { profileQuery } from './queries.ts'

type Profile = RouterOutputs['users']['get']

export function ProfilePage({ id }: { id: string }) {
  const profile = useQuery(profileQuery(id))
  return (
    <Loaded query={profile} skeleton={<ProfileSkeleton />}>
      {(user) => (
        <>
          <Head user={user} />
          <NewestPosts user={user} posts={user.posts ?? []} />
        </>
      )}
    </Loaded>
  )
}

const month = new Intl.DateTimeFormat('en', { month: 'long', year: 'numeric' })

function Head({ user }: { user: Profile }) {
  const me = useMe()
  useTitle(user.name ?? user.username)
  return (
    <header className="mb-8 flex flex-wrap items-center gap-4">
      <Avatar user={user} size="large" />
      <div className="min-w-0 flex-1">
        <h1 className="text-xl font-semibold tracking-tight wrap-anywhere">{user.name ?? user.username}</h1>
        <p className="text-sm text-muted wrap-anywhere">
          @{user.username} · Joined {month.format(new Date(user.createdAt))}
        </p>
      </div>
      {me?.id === user.id && (
        <ButtonLink to="/settings" size="small">
          <Pencil aria-hidden className="size-3.5" /> Edit profile
        </ButtonLink>
      )}
      {me && me.id !== user.id && <FollowButton key={user.id} user={user} />}
    </header>
  )
}

function NewestPosts({ user, posts }: { user: Profile; posts: NonNullable<Profile['posts']> }) {
  const me = useMe()
  return (
    <section aria-labelledby="newest">
      <h2 id="newest" className="mb-3 text-sm font-medium text-muted">
        Newest posts
      </h2>
      {posts.length === 0 ? (
        <Card>
          <State
            icon={FileText}
            heading="h3"
            title="Nothing published yet"
            actions={me?.id === user.id && <ButtonLink to="/posts/new">Write a post</ButtonLink>}
          />
        </Card>
      ) : (
        <ul className="flex flex-col gap-3">
          {posts.map((post) => (
            <li key={post.id}>
              <PostCard post={post} heading="h3" withAuthor={false} />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
