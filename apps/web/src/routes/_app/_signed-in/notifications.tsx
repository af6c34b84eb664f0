import { createFileRoute } from '@tanstack/react-router'
import { Notifications } from '../../../notifications/notifications.tsx'

export const Route = createFileRoute('/_app/_signed-in/notifications')({
  validateSearch: ({ unread }): { unread?: true } => (unread === true ? { unread } : {}),
  component: () => <Notifications isUnread={Route.useSearch().unread ?? false} />,
})
