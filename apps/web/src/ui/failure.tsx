import type { ReactNode } from 'react'
import { explain } from '../api/errors.ts'
import { Callout } from './callout.tsx'

/** Words of its own for a failure; undefined leaves it to the general ones. */
export type Describe = (error: unknown) => ReactNode

/** Why it did not work, where one looks for it. */
export function Failure({ error, describe }: { error: unknown; describe?: Describe | undefined }) {
  const { message, requestId } = explain(error)
  return (
    <Callout tone="danger">
      {describe?.(error) ?? message}
      {requestId && <span className="mt-0.5 block text-xs opacity-80">Request {requestId}</span>}
    </Callout>
  )
}
