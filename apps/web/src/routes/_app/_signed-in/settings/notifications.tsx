import { createFileRoute } from '@tanstack/react-router'
import { NotificationSettings } from '../../../../notifications/notification-settings.tsx'

export const Route = createFileRoute('/_app/_signed-in/settings/notifications')({
  component: NotificationSettings,
})
