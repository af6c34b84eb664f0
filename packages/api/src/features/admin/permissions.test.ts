import { expect, it } from 'vitest'
import { isAtLeast, isPermitted, permissions, rolePermissions } from '../auth/permissions.ts'
import { roles, type Role } from '../auth/roles.ts'

const everything = [
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

it('the permissions are those of the contract', () => {
  expect(permissions).toEqual(everything)
})

it('a user has none, a moderator some, an admin all', () => {
  expect(rolePermissions).toEqual({
    user: [],
    moderator: ['users:read', 'users:suspend', 'posts:read', 'posts:moderate'],
    admin: everything,
  })
})

it.each<[Role, (typeof everything)[number], boolean]>([
  ['user', 'users:read', false],
  ['moderator', 'users:suspend', true],
  ['moderator', 'users:write', false],
  ['moderator', 'audit:read', false],
  ['moderator', 'jobs:manage', false],
  ['admin', 'users:write', true],
])('%s, %s: %s', (role, permission, isHeld) => {
  expect(isPermitted(role, permission)).toBe(isHeld)
})

it('each role may do at least what it and those below it may, and no more', () => {
  const below = roles.map((role) => [role, roles.filter((other) => isAtLeast(role, other))])
  expect(below).toEqual([
    ['user', ['user']],
    ['moderator', ['user', 'moderator']],
    ['admin', ['user', 'moderator', 'admin']],
  ])
})
