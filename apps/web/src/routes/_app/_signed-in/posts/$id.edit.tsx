import { createFileRoute } from '@tanstack/react-router'
import { EditPost } from '../../../../posts/edit-post.tsx'

export const Route = createFileRoute('/_app/_signed-in/posts/$id/edit')({
  component: () => <EditPost id={Route.useParams().id} />,
})
