import { useMutation } from '@tanstack/react-query'
import { trpc } from '../api/client.ts'
import { Button } from '../ui/button.tsx'
import { EmailField } from '../ui/email-field.tsx'
import { Form } from '../ui/form.tsx'
import { TextLink } from '../ui/text-link.tsx'
import { EntranceFooter, EntranceHeader } from './entrance-header.tsx'

export function Forgot() {
  const request = useMutation(trpc.auth.password.requestReset.mutationOptions())
  if (request.isSuccess) return <Sent email={request.variables.email} onAgain={request.reset} />
  return (
    <>
      <EntranceHeader title="Forgot your password?">We mail you a link to set a new one.</EntranceHeader>
      <Form<'email'>
        label="Forgot password"
        takesFocus
        error={request.error}
        onValues={(values) => request.mutate(values)}
      >
        <EmailField />
        <Button type="submit" look="primary" size="large" pending={request.isPending}>
          Send the link
        </Button>
      </Form>
      <EntranceFooter>
        Remembered it? <TextLink to="/sign-in">Sign in</TextLink>
      </EntranceFooter>
    </>
  )
}

/** The same whether there is such an account or not. */
const Sent = ({ email, onAgain }: { email: string; onAgain: () => void }) => (
  <>
    <EntranceHeader title="Check your mail" isOutcome>
      If <strong className="font-medium text-ink">{email}</strong> has an account, a link is on its way. It
      works for 15 minutes.
    </EntranceHeader>
    <Button size="large" className="w-full" onClick={onAgain}>
      Use another address
    </Button>
    <EntranceFooter>
      <TextLink to="/sign-in">Back to sign in</TextLink>
    </EntranceFooter>
  </>
)
