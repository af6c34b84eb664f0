import { useMutation } from '@tanstack/react-query'
import { trpc } from '../api/client.ts'
import type { Me } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Callout } from '../ui/callout.tsx'
import { Section } from '../ui/card.tsx'
import { Failure } from '../ui/failure.tsx'

export function ExportData({ me }: { me: Me }) {
  const request = useMutation(trpc.users.export.mutationOptions())
  return (
    <Section
      title="Your data"
      description="Everything that is held on you, in one file. We mail you a link to it, which works once."
    >
      <div className="flex flex-col items-start gap-4">
        {request.isError && <Failure error={request.error} />}
        {request.isSuccess && (
          <Callout tone="success">
            A link goes to <strong className="font-medium wrap-anywhere">{me.email}</strong> as soon as the
            file is ready. It holds for 24 hours, or until you ask for another.
          </Callout>
        )}
        <Button pending={request.isPending} onClick={() => request.mutate()}>
          Get my data
        </Button>
      </div>
    </Section>
  )
}
