import { createFileRoute } from '@tanstack/react-router'
import { SignIn } from '../../entrance/sign-in.tsx'
import { nextOf, redirectSignedIn } from '../../entrance/next.ts'

export const Route = createFileRoute('/_entrance/sign-in')({
  validateSearch: nextOf,
  beforeLoad: ({ context, search }) => redirectSignedIn(context.queryClient, search.next),
  component: () => <SignIn next={Route.useSearch().next} />,
})
