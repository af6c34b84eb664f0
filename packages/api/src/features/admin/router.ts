import { getEventPage } from '../../audit/events.ts'
import * as auditInput from '../../audit/input.ts'
import * as auditOutput from '../../audit/output.ts'
import type { ErrorTree } from '../../declared-errors.ts'
import { idempotencyErrors } from '../../error-codes.ts'
import { byId } from '../../schemas.ts'
import { idempotent, permitted, recentlyPermitted } from '../../trpc.ts'
import * as input from './input.ts'
import { jobs, jobsErrors } from './jobs/router.ts'
import * as output from './output.ts'
import {
  endSessionsOfUser,
  getAdminUser,
  getAdminUserPage,
  restoreUser,
  sendReset,
  setUserRole,
  suspendUser,
} from './users.ts'

export const admin = {
  users: {
    list: permitted('users:read')
      .meta({
        rest: 'GET /admin/users',
        summary: 'List all people',
        description: 'With search, filters and orders.',
      })
      .input(input.listUsers)
      .output(output.adminUsers)
      .query(({ ctx, input }) => getAdminUserPage(ctx, input)),

    get: permitted('users:read')
      .meta({
        rest: 'GET /admin/users/{id}',
        summary: 'Get a person as the staff sees them',
        description: 'With their sessions, newest posts and latest events.',
      })
      .input(byId)
      .output(output.adminUserDetails)
      .query(({ ctx, input }) => getAdminUser(ctx, input.id)),

    suspend: permitted('users:suspend')
      .concat(idempotent)
      .meta({
        rest: 'POST /admin/users/{id}/suspend',
        summary: 'Suspend a person',
        description: 'Ends their sessions, and lets them start none.',
      })
      .input(input.suspendUser)
      .output(output.adminUser)
      .mutation(({ ctx, input }) => suspendUser(ctx, input)),

    restore: permitted('users:suspend')
      .concat(idempotent)
      .meta({ rest: 'POST /admin/users/{id}/restore', summary: 'Lift a suspension' })
      .input(byId)
      .output(output.adminUser)
      .mutation(({ ctx, input }) => restoreUser(ctx, input.id)),

    setRole: recentlyPermitted('users:write')
      .concat(idempotent)
      .meta({
        rest: 'PUT /admin/users/{id}/role',
        summary: 'Give a person a role',
        description: 'Holds on their next request. The last admin stays.',
      })
      .input(input.setRole)
      .output(output.adminUser)
      .mutation(({ ctx, input }) => setUserRole(ctx, input.id, input.role)),

    endSessions: permitted('users:suspend')
      .concat(idempotent)
      .meta({ rest: 'POST /admin/users/{id}/end-sessions', summary: 'End all sessions of a person' })
      .input(byId)
      .output(output.revoked)
      .mutation(({ ctx, input }) => endSessionsOfUser(ctx, input.id)),

    sendReset: recentlyPermitted('users:write')
      .concat(idempotent)
      .meta({
        rest: 'POST /admin/users/{id}/send-reset',
        summary: 'Mail a person a link to set a new password',
        description:
          'To their stored address. It works while they are suspended, too, and lifts no suspension.',
      })
      .input(byId)
      .output(output.accepted)
      .mutation(({ ctx, input }) => sendReset(ctx, input.id)),
  },

  audit: {
    list: permitted('audit:read')
      .meta({ rest: 'GET /admin/audit', summary: 'Read the audit log', description: 'Newest first.' })
      .input(auditInput.events)
      .output(auditOutput.events)
      .query(({ ctx, input }) => getEventPage(ctx.db, input)),
  },

  jobs,
}

export const adminErrors = {
  users: {
    list: ['FORBIDDEN', 'CURSOR_INVALID'],
    get: ['FORBIDDEN', 'NOT_FOUND'],
    suspend: ['FORBIDDEN', 'NOT_FOUND', 'LAST_ADMIN', ...idempotencyErrors],
    restore: ['FORBIDDEN', 'NOT_FOUND', ...idempotencyErrors],
    setRole: ['FORBIDDEN', 'REAUTHENTICATION_REQUIRED', 'NOT_FOUND', 'LAST_ADMIN', ...idempotencyErrors],
    endSessions: ['FORBIDDEN', 'NOT_FOUND', ...idempotencyErrors],
    sendReset: ['FORBIDDEN', 'REAUTHENTICATION_REQUIRED', 'NOT_FOUND', ...idempotencyErrors],
  },
  audit: { list: ['FORBIDDEN', 'CURSOR_INVALID'] },
  jobs: jobsErrors,
} as const satisfies ErrorTree
