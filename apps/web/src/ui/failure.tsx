import type { ReactNode } from 'react'
import { explain } from '../api/errors.ts'
import { Declined } from '../session/recent-sign-in.ts'
import { Callout } from './callout.tsx'

/** Words of its own for a failure; undefined leaves it to the general ones. */
export type Describe = (error: unknown) => ReactNode

/** Why it did not work, where one looks for it. What one called off oneself needs no reason. */
export function Failure({ error, describe }: { error: unknown; describe?: Describe | undefined }) {
  if (error instanceof Declined) return null
  const { message, requestId } = explain(error)
  return (
    <Callout tone="danger">
      {describe?.(error) ?? message}
      {requestId && <span className="mt-0.5 block text-xs opacity-80">Request {requestId}</span>}
    </Callout>
  )
}
