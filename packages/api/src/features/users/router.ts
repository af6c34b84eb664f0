import type { ErrorTree } from '../../declared-errors.ts'
import { idempotencyErrors } from '../../error-codes.ts'
import { notFound } from '../../errors.ts'
import { byId, nothing } from '../../schemas.ts'
import { idempotent, publicProcedure, recentProcedure, userProcedure, verifiedProcedure } from '../../trpc.ts'
import { downloadExport, requestExport } from './exports.ts'
import { follow, getFollowingPage, isFollowed, unfollow } from './follows.ts'
import * as input from './input.ts'
import * as output from './output.ts'
import { findPublicUser } from './queries.ts'
import {
  deleteOwnUser,
  getUserPage,
  registerUser,
  searchUserPage,
  toPublicUser,
  updateOwnUser,
} from './users.ts'

export const users = {
  create: publicProcedure
    .concat(idempotent)
    .meta({
      rest: 'POST /users',
      status: 201,
      location: '/users/{id}',
      summary: 'Register',
      description: 'Starts no session. A link to confirm the address is mailed.',
    })
    .input(input.create)
    .output(output.user)
    .mutation(({ ctx, input }) => registerUser(ctx, input)),

  list: userProcedure
    .meta({ rest: 'GET /users', summary: 'List people', description: 'Newest first.' })
    .input(input.list)
    .output(output.publicUsers)
    .query(({ ctx, input }) => getUserPage(ctx, input)),

  search: userProcedure
    .meta({
      rest: 'GET /users/search',
      summary: 'Search people',
      description: 'By part of a username or name; newest first.',
    })
    .input(input.search)
    .output(output.publicUsers)
    .query(({ ctx, input }) => searchUserPage(ctx, input)),

  get: publicProcedure
    .meta({ rest: 'GET /users/{id}', summary: 'Get a person' })
    .input(input.get)
    .output(output.publicUser)
    .query(async ({ ctx, input }) => {
      const row = await findPublicUser(ctx.db, input.id)
      if (!row) throw notFound('user')
      return toPublicUser(row)
    }),

  me: userProcedure
    .meta({ rest: 'GET /users/me', summary: 'Get myself' })
    .output(output.user)
    .query(({ ctx }) => ctx.principal.user),

  follow: verifiedProcedure
    .concat(idempotent)
    .meta({
      rest: 'POST /users/{id}/follow',
      summary: 'Follow a person',
      description: 'I am notified of what they publish. Twice is harmless; up to 5,000 people.',
    })
    .input(byId)
    .output(nothing)
    .mutation(({ ctx, input }) => follow(ctx, input.id)),

  unfollow: userProcedure
    .concat(idempotent)
    .meta({
      rest: 'DELETE /users/{id}/follow',
      summary: 'Follow a person no longer',
      description: 'Twice is harmless.',
    })
    .input(byId)
    .output(nothing)
    .mutation(({ ctx, input }) => unfollow(ctx, input.id)),

  isFollowed: userProcedure
    .meta({ rest: 'GET /users/{id}/follow', summary: 'Whether I follow a person' })
    .input(byId)
    .output(output.followed)
    .query(({ ctx, input }) => isFollowed(ctx, input.id)),

  following: userProcedure
    .meta({
      rest: 'GET /users/me/following',
      summary: 'List whom I follow',
      description: 'The newest follow first.',
    })
    .input(input.following)
    .output(output.publicUsers)
    .query(({ ctx, input }) => getFollowingPage(ctx, input)),

  update: userProcedure
    .concat(idempotent)
    .meta({ rest: 'PATCH /users/me', summary: 'Change my username or name' })
    .input(input.update)
    .output(output.user)
    .mutation(({ ctx, input }) => updateOwnUser(ctx, input)),

  delete: recentProcedure
    .meta({
      rest: 'DELETE /users/me',
      summary: 'Delete my account',
      description:
        'Ends every session and hides my posts. Signing in within 7 days brings it all back; then it is erased.',
    })
    .output(nothing)
    .mutation(({ ctx }) => deleteOwnUser(ctx)),

  export: verifiedProcedure
    .concat(idempotent)
    .meta({
      rest: 'POST /users/me/exports',
      status: 202,
      summary: 'Ask for everything that is held on me',
      description: 'A link that works once is mailed as soon as it is gathered.',
    })
    .output(output.accepted)
    .mutation(({ ctx }) => requestExport(ctx)),

  downloadExport: publicProcedure
    .meta({
      rest: 'POST /users/exports/redeem',
      summary: 'Download what is held on me',
      description: 'With the token of the mailed link, which works once.',
    })
    .input(input.downloadExport)
    .output(output.personalData)
    .mutation(({ ctx, input }) => downloadExport(ctx, input.token)),
}

export const usersErrors = {
  create: ['EMAIL_TAKEN', 'USERNAME_TAKEN', ...idempotencyErrors],
  list: ['CURSOR_INVALID'],
  search: ['CURSOR_INVALID'],
  get: ['NOT_FOUND'],
  follow: ['NOT_FOUND', 'EMAIL_NOT_VERIFIED', 'CONFLICT', ...idempotencyErrors],
  unfollow: ['NOT_FOUND', ...idempotencyErrors],
  isFollowed: ['NOT_FOUND'],
  following: ['CURSOR_INVALID'],
  update: ['USERNAME_TAKEN', ...idempotencyErrors],
  delete: ['FORBIDDEN', 'REAUTHENTICATION_REQUIRED', 'LAST_ADMIN'],
  export: ['EMAIL_NOT_VERIFIED', ...idempotencyErrors],
  downloadExport: ['TOKEN_INVALID'],
} as const satisfies ErrorTree
