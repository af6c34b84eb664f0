import { createFileRoute } from '@tanstack/react-router'
import { redirectSignedIn } from '../../entrance/next.ts'
import { SignUp } from '../../entrance/sign-up.tsx'

export const Route = createFileRoute('/_entrance/sign-up')({
  beforeLoad: ({ context }) => redirectSignedIn(context.queryClient, '/'),
  component: SignUp,
})
