import { createFileRoute } from '@tanstack/react-router'
import { Sessions } from '../../../../account/sessions.tsx'

export const Route = createFileRoute('/_app/_signed-in/settings/sessions')({ component: Sessions })
