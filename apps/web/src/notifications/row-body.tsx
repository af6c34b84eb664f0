import type { ReactNode } from 'react'
import { Time } from '../ui/time.tsx'
import { kinds } from './kinds.ts'
import type { Notification } from './queries.ts'

export const rowClass =
  'relative flex gap-3 px-4 py-3.5 transition-colors hover:bg-sunken/60 has-[.whole:focus-visible]:outline-2 has-[.whole:focus-visible]:-outline-offset-2 has-[.whole:focus-visible]:outline-accent'

/** What covers its row, so that all of it can be pressed. */
export const wholeRowClass = 'whole text-left outline-none after:absolute after:inset-0'

interface RowBodyProps {
  notification: Notification
  isWhole?: boolean
  /** The title, as what it opens. */
  children: ReactNode
}

export function RowBody({ notification, isWhole = false, children }: RowBodyProps) {
  const { kind, text, readAt, createdAt } = notification
  const { icon: Icon } = kinds[kind]
  const isUnread = readAt === null
  return (
    <>
      <span
        className={`grid size-8 shrink-0 place-items-center rounded-lg ${isUnread ? 'bg-accent-soft text-accent-ink' : 'bg-sunken text-muted'}`}
      >
        <Icon aria-hidden className="size-4" />
      </span>
      <div className="min-w-0 flex-1">
        <p className={`text-sm wrap-anywhere ${isUnread ? 'font-semibold' : ''}`}>
          {isUnread && <span className="sr-only">Unread: </span>}
          {children}
        </p>
        <p
          className={`mt-0.5 text-sm text-muted wrap-anywhere ${isWhole ? 'whitespace-pre-wrap' : 'line-clamp-2'}`}
        >
          {text}
        </p>
        <Time at={createdAt} className="mt-0.5 block text-[0.8125rem] text-muted" />
      </div>
    </>
  )
}
