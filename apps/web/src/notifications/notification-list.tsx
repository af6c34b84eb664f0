import { useRef } from 'react'
import { More, type MoreProps } from '../ui/more.tsx'
import { Empty } from './empty.tsx'
import { NewOnes } from './new-ones.tsx'
import { NotificationRow } from './notification-row.tsx'
import type { Pages } from './newest.ts'
import { useNews } from './use-news.ts'

interface NotificationListProps {
  list: MoreProps['query']
  shown: Pages
  isUnread: boolean
}

export function NotificationList({ list, shown, isUnread }: NotificationListProps) {
  const ref = useRef<HTMLUListElement>(null)
  const news = useNews(shown, isUnread)
  const notifications = shown.pages.flatMap(({ items }) => items)

  function showNews() {
    news.show()
    scrollTo({ top: 0 })
    ref.current?.focus({ preventScroll: true })
  }

  if (notifications.length === 0) return <Empty isUnread={isUnread} />
  return (
    <>
      <NewOnes count={news.count} onShow={showNews} />
      <ul
        ref={ref}
        tabIndex={-1}
        aria-label="Notifications"
        className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface outline-none"
      >
        {notifications.map((notification) => (
          <NotificationRow key={notification.id} notification={notification} />
        ))}
      </ul>
      {list.hasNextPage && <More query={list} end="" />}
    </>
  )
}
