import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { trpc } from '../api/client.ts'
import type { Me } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Callout } from '../ui/callout.tsx'
import { Section } from '../ui/card.tsx'
import { EmailField } from '../ui/email-field.tsx'
import { Form } from '../ui/form.tsx'

export function EmailForm({ me }: { me: Me }) {
  const [round, setRound] = useState(0)
  const change = useMutation(trpc.auth.email.change.mutationOptions({ onSuccess: () => setRound(round + 1) }))
  const isPresent = (value: unknown) => typeof value === 'string' && value.toLowerCase() === me.email

  return (
    <Section
      title="E-mail address"
      description={
        <>
          You sign in with <strong className="font-medium wrap-anywhere text-ink">{me.email}</strong>.
        </>
      }
    >
      {change.isSuccess && (
        <div className="mb-4">
          <Callout tone="success">
            We mailed a link to{' '}
            <strong className="font-medium wrap-anywhere">{change.variables.email}</strong>. Until you open
            it, your present address stays.
          </Callout>
        </div>
      )}
      <Form<'email'>
        key={round}
        label="E-mail address"
        takesFocus={round > 0}
        error={change.error}
        onValues={(values) => change.mutate(values)}
      >
        <EmailField
          label="New e-mail address"
          autoComplete="email"
          validate={(value) => (isPresent(value) ? 'This is your address already.' : null)}
        />
        <Button type="submit" className="self-start" pending={change.isPending}>
          Change address
        </Button>
      </Form>
    </Section>
  )
}
