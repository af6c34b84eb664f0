import { sql } from 'kysely'
import type { Role } from './roles.ts'
import type { User } from './principal.ts'

/** What may be read of a user's row; the password hash is asked for by name where it is needed. */
export const accountColumns = [
  'users.id',
  'users.email',
  'users.username',
  'users.name',
  'users.role',
  'users.emailVerifiedAt',
  'users.createdAt',
  'users.updatedAt',
] as const

export interface Account {
  id: string
  email: string
  username: string
  name: string | null
  role: Role
  emailVerifiedAt: Date | null
  createdAt: Date
  updatedAt: Date
}

export function toUser({ emailVerifiedAt, createdAt, updatedAt, ...rest }: Account): User {
  const { id, email, username, name, role } = rest
  return {
    id,
    email,
    username,
    name,
    role,
    emailVerified: emailVerifiedAt !== null,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}

/** How long a deleted account can come back; then it is erased. */
export const wayBackDays = 7

const wayBackSince = () => new Date(Date.now() - wayBackDays * 24 * 60 * 60 * 1000)

/** In a `where` on users: not deleted, or not so long ago that it could not come back. */
export const canComeBack = () =>
  sql<boolean>`(users.deleted_at is null or users.deleted_at > ${wayBackSince()})`
