import { createFileRoute } from '@tanstack/react-router'
import { Verify } from '../../entrance/verify.tsx'

export const Route = createFileRoute('/_entrance/verify')({ component: Verify })
