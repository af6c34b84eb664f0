import { createFileRoute } from '@tanstack/react-router'
import { ProfilePage } from '../../../account/profile-page.tsx'
import { profileQuery } from '../../../account/queries.ts'

export const Route = createFileRoute('/_app/users/$id')({
  loader: ({ context, params }) => void context.queryClient.prefetchQuery(profileQuery(params.id)),
  component: () => <ProfilePage id={Route.useParams().id} />,
})
