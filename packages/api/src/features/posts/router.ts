import type { ErrorTree } from '../../declared-errors.ts'
import { idempotencyErrors } from '../../error-codes.ts'
import { byId, nothing } from '../../schemas.ts'
import { idempotent, publicProcedure, userProcedure, verifiedProcedure } from '../../trpc.ts'
import * as input from './input.ts'
import * as output from './output.ts'
import {
  createPost,
  deletePost,
  getPostPage,
  getUserWithPosts,
  getVisiblePost,
  publishPost,
  restorePost,
  updatePost,
} from './posts.ts'

export const posts = {
  create: userProcedure
    .concat(idempotent)
    .meta({
      rest: 'POST /posts',
      status: 201,
      location: '/posts/{id}',
      summary: 'Write a post',
      description: 'A draft, unless it is published at once.',
    })
    .input(input.create)
    .output(output.post)
    .mutation(({ ctx, input }) => createPost(ctx, input)),

  list: publicProcedure
    .meta({
      rest: 'GET /posts',
      summary: 'List posts',
      description: 'What is published, newest first; with `drafts` my drafts.',
    })
    .input(input.list)
    .output(output.posts)
    .query(({ ctx, input }) => getPostPage(ctx, input)),

  get: publicProcedure
    .meta({
      rest: 'GET /posts/{id}',
      summary: 'Get a post',
      description: 'A draft is there for its author alone.',
    })
    .input(byId)
    .output(output.post)
    .query(({ ctx, input }) => getVisiblePost(ctx.db, ctx.principal?.user.id, input.id)),

  update: userProcedure
    .concat(idempotent)
    .meta({
      rest: 'PATCH /posts/{id}',
      summary: 'Change my post',
      description: 'Names the version that it started from, so that no change is lost.',
    })
    .input(input.update)
    .output(output.post)
    .mutation(({ ctx, input }) => updatePost(ctx, input)),

  publish: verifiedProcedure
    .concat(idempotent)
    .meta({ rest: 'POST /posts/{id}/publish', summary: 'Publish my post', description: 'Twice is harmless.' })
    .input(byId)
    .output(output.post)
    .mutation(({ ctx, input }) => publishPost(ctx, input.id)),

  delete: userProcedure
    .concat(idempotent)
    .meta({
      rest: 'DELETE /posts/{id}',
      summary: 'Delete my post',
      description: 'It can be restored for 30 days.',
    })
    .input(byId)
    .output(nothing)
    .mutation(({ ctx, input }) => deletePost(ctx, input.id)),

  restore: userProcedure
    .concat(idempotent)
    .meta({ rest: 'POST /posts/{id}/restore', summary: 'Restore my deleted post' })
    .input(byId)
    .output(output.post)
    .mutation(({ ctx, input }) => restorePost(ctx, input.id)),
}

export const postsErrors = {
  create: ['EMAIL_NOT_VERIFIED', ...idempotencyErrors],
  list: ['CURSOR_INVALID'],
  get: ['NOT_FOUND'],
  update: ['NOT_FOUND', 'VERSION_CONFLICT', ...idempotencyErrors],
  publish: ['NOT_FOUND', 'EMAIL_NOT_VERIFIED', ...idempotencyErrors],
  delete: ['NOT_FOUND', ...idempotencyErrors],
  restore: ['NOT_FOUND', ...idempotencyErrors],
} as const satisfies ErrorTree

/** What posts add to another feature: `users.get` can bring a person's newest posts along. */
export const usersWithPosts = {
  get: publicProcedure
    .meta({
      rest: 'GET /users/{id}',
      summary: 'Get a person',
      description: 'With `include=posts` also their 10 newest published posts.',
    })
    .input(input.getUser)
    .output(output.userWithPosts)
    .query(({ ctx, input }) => getUserWithPosts(ctx, input)),
}
