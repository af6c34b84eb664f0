import { createFileRoute } from '@tanstack/react-router'
import { EntranceFrame } from '../entrance/entrance-frame.tsx'

export const Route = createFileRoute('/_entrance')({ component: EntranceFrame })
