import { CloudOff, RotateCw, WifiOff } from 'lucide-react'
import { explain } from '../api/errors.ts'
import { useIsOnline } from '../shell/use-is-online.ts'
import { Button } from './button.tsx'
import { State } from './state.tsx'

interface ErrorStateProps {
  error: unknown
  onRetry: () => void
  heading?: 'h1' | 'h2'
}

/** A failed read: the reason in plain words, a way on, and the number that finds it in the server's log. */
export function ErrorState({ error, onRetry, heading = 'h2' }: ErrorStateProps) {
  const isOnline = useIsOnline()
  const { message, requestId } = explain(error)
  return (
    <div role="alert">
      <State
        icon={isOnline ? CloudOff : WifiOff}
        heading={heading}
        title={isOnline ? 'This could not be loaded' : 'You are offline'}
        actions={
          <Button icon={<RotateCw aria-hidden className="size-4" />} onClick={onRetry}>
            Try again
          </Button>
        }
      >
        <p>{isOnline ? message : 'It loads as soon as the connection is back.'}</p>
        {requestId && (
          <p className="mt-2 text-xs">
            Request <code className="select-all">{requestId}</code>
          </p>
        )}
      </State>
    </div>
  )
}
