import { useBlocker } from '@tanstack/react-router'
import { Confirm } from '../ui/confirm.tsx'

/** Asks before a text that is nowhere else is left behind. */
export function UnsavedGuard({ isDirty }: { isDirty: boolean }) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: () => isDirty,
    enableBeforeUnload: isDirty,
    withResolver: true,
  })
  return (
    <Confirm
      open={status === 'blocked'}
      title="Leave without saving?"
      action="Leave"
      onConfirm={() => proceed?.()}
      onClose={() => reset?.()}
    >
      What you changed since the last save will be lost.
    </Confirm>
  )
}
