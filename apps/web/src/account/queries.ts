import { trpc } from '../api/client.ts'

export const profileQuery = (id: string) => trpc.users.get.queryOptions({ id, include: 'posts' })

export const sessionsQuery = trpc.auth.sessions.list.queryOptions()
