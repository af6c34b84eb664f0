import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { RouterOutputs } from '@tenon/sdk'
import { MonitorSmartphone } from 'lucide-react'
import { trpc } from '../api/client.ts'
import { explain, isNotFound } from '../api/errors.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Time } from '../ui/time.tsx'
import { notify } from '../ui/notify.ts'
import { sessionsQuery } from './queries.ts'

type Session = RouterOutputs['auth']['sessions']['list']['items'][number]

export function SessionRow({ session }: { session: Session }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-3 px-4 py-3.5 sm:px-5">
      <span className="grid size-9 shrink-0 place-items-center rounded-lg bg-sunken text-muted">
        <MonitorSmartphone aria-hidden className="size-4.5" />
      </span>
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2 text-sm font-medium">
          {session.device} {session.current && <Badge tone="success">This device</Badge>}
        </p>
        <p className="mt-0.5 text-[0.8125rem] text-muted">
          {session.ip} · signed in <Time at={session.createdAt} />
          {!session.current && (
            <>
              {' '}
              · last seen <Time at={session.lastSeenAt} />
            </>
          )}
        </p>
      </div>
      {!session.current && <Revoke session={session} />}
    </li>
  )
}

function Revoke({ session }: { session: Session }) {
  const queryClient = useQueryClient()
  const revoke = useMutation(
    trpc.auth.sessions.revoke.mutationOptions({
      onSuccess: () => notify({ title: 'Session ended', description: session.device }),
      onError: (error) =>
        isNotFound(error) ||
        notify({ title: 'Not ended', description: explain(error).message, tone: 'danger' }),
      onSettled: () => queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
    }),
  )
  return (
    <Button
      size="small"
      aria-label={`End the session ${session.device}, ${session.ip}`}
      pending={revoke.isPending}
      onClick={() => revoke.mutate({ id: session.id })}
    >
      End
    </Button>
  )
}
