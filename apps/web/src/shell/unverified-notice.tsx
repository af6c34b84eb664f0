import { useMutation } from '@tanstack/react-query'
import { MailWarning } from 'lucide-react'
import { explain } from '../api/errors.ts'
import { trpc } from '../api/client.ts'
import { useMe } from '../session/use-me.ts'
import { Spinner } from '../ui/spinner.tsx'

/** Reminds of the mail until its link was opened. */
export function UnverifiedNotice() {
  const me = useMe()
  const resend = useMutation(trpc.auth.email.resend.mutationOptions())
  if (!me || me.emailVerified) return null
  return (
    <section
      aria-label="Address not confirmed"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-warning-soft px-4 py-2 text-sm sm:px-6"
    >
      <MailWarning aria-hidden className="size-4 shrink-0 text-warning" />
      <p className="min-w-0">
        Confirm <strong className="font-medium">{me.email}</strong> to publish and to follow people: open the
        link that we mailed you.
      </p>
      <output className="text-muted">
        {resend.isSuccess && 'A new link is on its way.'}
        {resend.isError && explain(resend.error).message}
      </output>
      {!resend.isSuccess && (
        <button
          type="button"
          aria-disabled={resend.isPending || undefined}
          onClick={() => resend.isPending || resend.mutate()}
          className="inline-flex items-center gap-2 rounded font-medium text-accent-ink underline underline-offset-2"
        >
          {resend.isPending && <Spinner />} Send a new link
        </button>
      )}
    </section>
  )
}
