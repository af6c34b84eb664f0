import { createFileRoute } from '@tanstack/react-router'
import { CheckMail } from '../../entrance/check-mail.tsx'

export const Route = createFileRoute('/_entrance/check-mail')({ component: CheckMail })
