import { createFileRoute } from '@tanstack/react-router'
import { Forgot } from '../../entrance/forgot.tsx'

export const Route = createFileRoute('/_entrance/forgot')({ component: Forgot })
