import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { UserMinus, UserPlus } from 'lucide-react'
import { client, trpc } from '../api/client.ts'
import { explain, hasCode } from '../api/errors.ts'
import { Button } from '../ui/button.tsx'
import { notify } from '../ui/notify.ts'
import { Skeleton } from '../ui/skeleton.tsx'

interface FollowButtonProps {
  user: { id: string; username: string }
}

/** For who is signed in, on others. */
export function FollowButton({ user: { id, username } }: FollowButtonProps) {
  const queryClient = useQueryClient()
  const query = trpc.users.isFollowed.queryOptions({ id })
  const { data, isPending } = useQuery(query)
  const isFollowed = data?.isFollowed ?? false
  const change = useMutation({
    mutationFn: () => client.users[isFollowed ? 'unfollow' : 'follow'].mutate({ id }),
    onSuccess: () => queryClient.setQueryData(query.queryKey, { isFollowed: !isFollowed }),
    onError: (error) =>
      notify({
        title: isFollowed ? `Still following ${username}` : `Not following ${username}`,
        description: describe(error),
        tone: 'danger',
      }),
  })
  if (isPending) return <Skeleton className="h-8 w-24" />
  if (!data) return null
  const Icon = isFollowed ? UserMinus : UserPlus
  return (
    <Button
      size="small"
      look={isFollowed ? 'secondary' : 'primary'}
      pending={change.isPending}
      icon={<Icon aria-hidden className="size-4" />}
      onClick={() => change.mutate()}
    >
      {isFollowed ? 'Unfollow' : 'Follow'}
    </Button>
  )
}

function describe(error: unknown): string {
  if (!hasCode(error, 'EMAIL_NOT_VERIFIED')) return explain(error).message
  return 'To follow somebody, confirm your address: open the link that we mailed you.'
}
