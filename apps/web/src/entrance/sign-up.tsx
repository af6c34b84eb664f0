import { useMutation } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { trpc } from '../api/client.ts'
import { Button } from '../ui/button.tsx'
import { EmailField } from '../ui/email-field.tsx'
import { Form } from '../ui/form.tsx'
import { NameField, UsernameField } from '../ui/name-fields.tsx'
import { PasswordField } from '../ui/password-field.tsx'
import { TextLink } from '../ui/text-link.tsx'
import { EntranceFooter, EntranceHeader } from './entrance-header.tsx'

export function SignUp() {
  const router = useRouter()
  const register = useMutation(
    trpc.users.create.mutationOptions({
      onSuccess: ({ email }) => router.navigate({ to: '/check-mail', state: { email } }),
    }),
  )

  return (
    <>
      <EntranceHeader title="Create your account">Write, publish and be read in a minute.</EntranceHeader>
      <Form<'email' | 'username' | 'name' | 'password'>
        label="Create account"
        takesFocus
        error={register.error}
        onValues={({ name, ...values }) =>
          register.mutate({ ...values, ...(name.trim() && { name: name.trim() }) })
        }
      >
        <EmailField />
        <UsernameField />
        <NameField />
        <PasswordField name="password" label="Password" kind="new" />
        <Button type="submit" look="primary" size="large" pending={register.isPending}>
          Create account
        </Button>
      </Form>
      <EntranceFooter>
        Already have an account? <TextLink to="/sign-in">Sign in</TextLink>
      </EntranceFooter>
    </>
  )
}
