import { createFileRoute } from '@tanstack/react-router'
import { Export } from '../../entrance/export.tsx'

export const Route = createFileRoute('/_entrance/export')({ component: Export })
