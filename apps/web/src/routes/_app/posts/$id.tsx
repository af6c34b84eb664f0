import { createFileRoute } from '@tanstack/react-router'
import { PostPage } from '../../../posts/post-page.tsx'
import { postQuery } from '../../../posts/queries.ts'

export const Route = createFileRoute('/_app/posts/$id')({
  loader: ({ context, params }) => void context.queryClient.prefetchQuery(postQuery(params.id)),
  component: () => <PostPage id={Route.useParams().id} />,
})
