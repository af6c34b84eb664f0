import { useQuery } from '@tanstack/react-query'
import { CheckCheck } from 'lucide-react'
import { Button } from '../ui/button.tsx'
import { unreadCountQuery } from './queries.ts'
import { useMarkAllRead } from './use-mark-read.ts'

interface MarkAllReadProps {
  look?: 'secondary' | 'quiet'
  /** There is nothing to mark any more, and the button is gone. */
  onDone?: () => void
}

export function MarkAllRead({ look = 'secondary', onDone = () => {} }: MarkAllReadProps) {
  const { data } = useQuery(unreadCountQuery)
  const markAll = useMarkAllRead(onDone)
  if (!data?.count) return null
  return (
    <Button
      look={look}
      size="small"
      pending={markAll.isPending}
      icon={<CheckCheck aria-hidden className="size-4" />}
      onClick={() => markAll.mutate()}
    >
      Mark all as read
    </Button>
  )
}
