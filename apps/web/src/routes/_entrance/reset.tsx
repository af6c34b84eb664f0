import { createFileRoute } from '@tanstack/react-router'
import { Reset } from '../../entrance/reset.tsx'

export const Route = createFileRoute('/_entrance/reset')({ component: Reset })
