import { useInfiniteQuery } from '@tanstack/react-query'
import { Card } from '../ui/card.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { PageHeader } from '../ui/page-header.tsx'
import { TextLink } from '../ui/text-link.tsx'
import { Filter } from './filter.tsx'
import { MarkAllRead } from './mark-all-read.tsx'
import { NotificationList } from './notification-list.tsx'
import { pagesQuery } from './queries.ts'
import { RowsSkeleton } from './rows-skeleton.tsx'

export function Notifications({ isUnread }: { isUnread: boolean }) {
  const list = useInfiniteQuery(pagesQuery(isUnread))
  return (
    <>
      <PageHeader
        title="Notifications"
        description={
          <>
            What happened, newest first.{' '}
            <TextLink to="/settings/notifications">Choose what you hear of</TextLink>
          </>
        }
        actions={<MarkAllRead onDone={() => document.getElementById('main')?.focus()} />}
      />
      <Filter />
      <Loaded
        query={list}
        skeleton={
          <Card>
            <RowsSkeleton />
          </Card>
        }
      >
        {(shown) => <NotificationList key={String(isUnread)} list={list} shown={shown} isUnread={isUnread} />}
      </Loaded>
    </>
  )
}
