import { Link } from '@tanstack/react-router'
import { Check } from 'lucide-react'
import { useState } from 'react'
import { IconButton } from '../ui/button.tsx'
import type { Notification } from './queries.ts'
import { RowBody, rowClass, wholeRowClass } from './row-body.tsx'
import { targetOf } from './target.ts'
import { useMarkRead } from './use-mark-read.ts'

/** It leads somewhere, or says all there is to say when it is opened. Either way it is read then. */
export function NotificationRow({ notification }: { notification: Notification }) {
  const [isOpen, setIsOpen] = useState(false)
  const markRead = useMarkRead()
  const target = targetOf(notification)
  const read = () => markRead(notification)
  return (
    <li className={rowClass}>
      <RowBody notification={notification} isWhole={isOpen}>
        {target ? (
          <Link
            to={target}
            onClick={read}
            // The middle button opens it in a new tab.
            onAuxClick={({ button }) => button === 1 && read()}
            className={wholeRowClass}
          >
            {notification.title}
          </Link>
        ) : (
          <button
            type="button"
            aria-expanded={isOpen}
            onClick={() => {
              setIsOpen(!isOpen)
              read()
            }}
            // What is open can be selected and copied.
            className={`${wholeRowClass} ${isOpen ? 'after:hidden' : ''}`}
          >
            {notification.title}
          </button>
        )}
      </RowBody>
      {notification.readAt === null && (
        <IconButton
          label={`Mark “${notification.title}” as read`}
          onClick={({ currentTarget }) => {
            read()
            // It goes away, and the keyboard keeps its place.
            currentTarget.closest('li')?.querySelector<HTMLElement>('.whole')?.focus()
          }}
          className="relative z-1 -my-1 text-muted"
        >
          <Check aria-hidden className="size-4" />
        </IconButton>
      )}
    </li>
  )
}
