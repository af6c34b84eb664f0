import type { Role } from './roles.ts'

/** What may be allowed, to a role or (as its scope) to a key. */
export const permissions = [
  'users:read',
  'users:write',
  'users:suspend',
  'posts:read',
  'posts:write',
  'posts:moderate',
  'notifications:read',
  'notifications:send',
  'jobs:read',
  'jobs:manage',
  'audit:read',
] as const

export type Permission = (typeof permissions)[number]

/** What a role may do beyond its own account and what is its own. */
export const rolePermissions: Record<Role, readonly Permission[]> = {
  user: [],
  moderator: ['users:read', 'users:suspend', 'posts:read', 'posts:moderate'],
  admin: permissions,
}

export const isPermitted = (role: Role, permission: Permission) => rolePermissions[role].includes(permission)

/** Nobody acts on somebody who stands above; on their equals, only those who give roles. */
export const mayActOn = (role: Role, other: Role) =>
  isAtLeast(role, other) && (isPermitted(role, 'users:write') || !isAtLeast(other, role))

/** Whether one role may do all that another may. */
export const isAtLeast = (role: Role, other: Role) =>
  rolePermissions[other].every((permission) => isPermitted(role, permission))
