import { createFileRoute } from '@tanstack/react-router'
import { NewPost } from '../../../../posts/new-post.tsx'

export const Route = createFileRoute('/_app/_signed-in/posts/new')({ component: NewPost })
