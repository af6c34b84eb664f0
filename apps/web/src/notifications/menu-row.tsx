import { Link } from '@tanstack/react-router'
import type { Notification } from './queries.ts'
import { RowBody, rowClass, wholeRowClass } from './row-body.tsx'
import { targetOf } from './target.ts'
import { useMarkRead } from './use-mark-read.ts'

interface MenuRowProps {
  notification: Notification
  onChosen: () => void
}

/** A message is read on its page, where there is room for it. */
export function MenuRow({ notification, onChosen }: MenuRowProps) {
  const markRead = useMarkRead()
  const target = targetOf(notification)
  return (
    <li className={rowClass}>
      <RowBody notification={notification}>
        <Link
          to={target ?? '/notifications'}
          onClick={() => {
            if (target) markRead(notification)
            onChosen()
          }}
          className={wholeRowClass}
        >
          {notification.title}
        </Link>
      </RowBody>
      {notification.readAt === null && (
        <span aria-hidden className="mt-1.5 size-2 shrink-0 rounded-full bg-accent" />
      )}
    </li>
  )
}
