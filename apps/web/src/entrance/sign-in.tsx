import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { trpc } from '../api/client.ts'
import { hasCode } from '../api/errors.ts'
import { startSession } from '../session/change-person.ts'
import { safeNext } from '../session/safe-next.ts'
import { Button } from '../ui/button.tsx'
import { EmailField } from '../ui/email-field.tsx'
import { Form } from '../ui/form.tsx'
import { PasswordField } from '../ui/password-field.tsx'
import { TextLink } from '../ui/text-link.tsx'
import { EntranceFooter, EntranceHeader } from './entrance-header.tsx'

export function SignIn({ next }: { next: string | undefined }) {
  const queryClient = useQueryClient()
  const router = useRouter()
  const signIn = useMutation(
    trpc.auth.signIn.mutationOptions({
      onSuccess(session) {
        startSession(queryClient, session)
        router.history.push(safeNext(next))
      },
    }),
  )

  return (
    <>
      <EntranceHeader title="Sign in to Tenon">Welcome back. Use your e-mail and password.</EntranceHeader>
      <Form<'email' | 'password'>
        label="Sign in"
        takesFocus
        error={signIn.error}
        describe={describe}
        onValues={(values) => signIn.mutate(values)}
      >
        <EmailField />
        <PasswordField name="password" label="Password" kind="current" />
        <Button type="submit" look="primary" size="large" pending={signIn.isPending}>
          Sign in
        </Button>
      </Form>
      <EntranceFooter>
        <TextLink to="/forgot">Forgot your password?</TextLink>
        <span className="mt-2 block">
          New here? <TextLink to="/sign-up">Create an account</TextLink>
        </span>
      </EntranceFooter>
    </>
  )
}

function describe(error: unknown) {
  return hasCode(error, 'INVALID_CREDENTIALS') ? 'The e-mail or the password is not right.' : undefined
}
