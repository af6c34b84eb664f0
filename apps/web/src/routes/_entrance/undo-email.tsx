import { createFileRoute } from '@tanstack/react-router'
import { UndoEmail } from '../../entrance/undo-email.tsx'

export const Route = createFileRoute('/_entrance/undo-email')({ component: UndoEmail })
