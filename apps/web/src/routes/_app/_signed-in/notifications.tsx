import { createFileRoute } from '@tanstack/react-router'
import { Notifications } from '../../../notifications/notifications.tsx'

export const Route = createFileRoute('/_app/_signed-in/notifications')({
  // What is left out here would stay as it was given.
  validateSearch: ({ unread }): { unread?: true | undefined } => ({ unread: unread === true || undefined }),
  component: () => <Notifications isUnread={Route.useSearch().unread ?? false} />,
})
