import { createFileRoute, redirect } from '@tanstack/react-router'
import { SignedInOnly } from '../../session/signed-in-only.tsx'
import { requireSession } from '../../session/session.ts'

export const Route = createFileRoute('/_app/_signed-in')({
  beforeLoad: async ({ context, location }) => {
    const session = await requireSession(context.queryClient)
    if (!session) throw redirect({ to: '/sign-in', search: { next: location.href }, replace: true })
  },
  component: SignedInOnly,
})
