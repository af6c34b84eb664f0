import { createFileRoute } from '@tanstack/react-router'
import { Drafts } from '../../../posts/drafts.tsx'

export const Route = createFileRoute('/_app/_signed-in/drafts')({ component: Drafts })
