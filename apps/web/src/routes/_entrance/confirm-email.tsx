import { createFileRoute } from '@tanstack/react-router'
import { ConfirmEmail } from '../../entrance/confirm-email.tsx'

export const Route = createFileRoute('/_entrance/confirm-email')({ component: ConfirmEmail })
