import { useQuery } from '@tanstack/react-query'
import { useMe } from '../session/use-me.ts'
import { Loaded } from '../ui/loaded.tsx'
import { NotFound } from '../ui/not-found.tsx'
import { PostEditor } from './post-editor.tsx'
import { PostSkeleton } from './post-skeletons.tsx'
import { postQuery } from './queries.ts'

export function EditPost({ id }: { id: string }) {
  const me = useMe()
  const post = useQuery(postQuery(id))
  return (
    <Loaded query={post} skeleton={<PostSkeleton />}>
      {(post) => (me && me.id !== post.author.id ? <NotFound /> : <PostEditor key={post.id} post={post} />)}
    </Loaded>
  )
}
