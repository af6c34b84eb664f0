import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

interface ConfirmProps {
  open: boolean
  title: string
  children: ReactNode
  /** What the button says: the deed, not “OK”. */
  action: string
  look?: 'primary' | 'danger'
  pending?: boolean
  /** Until something else was done first. */
  disabled?: boolean
  onConfirm: () => void
  onClose: () => void
}

export function Confirm({
  action,
  look = 'danger',
  pending = false,
  disabled = false,
  onConfirm,
  ...dialog
}: ConfirmProps) {
  return (
    <Dialog
      {...dialog}
      actions={
        <>
          <Button onClick={dialog.onClose}>Cancel</Button>
          <Button look={look} pending={pending} disabled={disabled} onClick={onConfirm}>
            {action}
          </Button>
        </>
      }
    />
  )
}
