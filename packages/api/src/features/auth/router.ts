import { notFound } from '../../errors.ts'
import { byId, nothing } from '../../schemas.ts'
import { publicProcedure, sessionProcedure, userProcedure } from '../../trpc.ts'
import type { ErrorTree } from '../../declared-errors.ts'
import { createAccessToken } from './access-tokens.ts'
import { resendVerification, verifyEmail } from './emails.ts'
import * as input from './input.ts'
import * as output from './output.ts'
import { changePassword, requestPasswordReset, resetPassword } from './passwords.ts'
import { deleteOtherSessions, deleteSession, listSessions } from './queries.ts'
import { toSession } from './sessions.ts'
import { signIn, signOut } from './sign-in.ts'

export const auth = {
  signIn: publicProcedure
    .meta({
      rest: 'POST /auth/sessions',
      status: 201,
      summary: 'Sign in',
      description: 'Sets a session cookie; with `tokenInBody` it answers with a bearer token and sets none.',
    })
    .input(input.signIn)
    .output(output.signedIn)
    .mutation(({ ctx, input }) => signIn(ctx, input)),

  signOut: sessionProcedure
    .meta({ rest: 'DELETE /auth/sessions/current', summary: 'Sign out', description: 'Ends this session.' })
    .output(nothing)
    .mutation(({ ctx }) => signOut(ctx)),

  session: userProcedure
    .meta({
      rest: 'GET /auth/session',
      summary: 'Who is signed in',
      description: 'The person and the session that ask.',
    })
    .output(output.whoAmI)
    .query(({ ctx }) => ({ user: ctx.principal.user, session: toSession(ctx.principal.session, ctx) })),

  accessToken: sessionProcedure
    .meta({
      rest: 'POST /auth/access-tokens',
      status: 201,
      summary: 'Get an access token',
      description: 'A JWT of 15 minutes for services that check it by `/.well-known/jwks.json`.',
    })
    .output(output.accessToken)
    .mutation(({ ctx }) => createAccessToken(ctx)),

  sessions: {
    list: userProcedure
      .meta({ rest: 'GET /auth/sessions', summary: 'List my sessions', description: 'Newest first.' })
      .output(output.sessions)
      .query(async ({ ctx }) => {
        const records = await listSessions(ctx.db, ctx.principal.user.id)
        return { items: records.map((record) => toSession(record, ctx)), nextCursor: null }
      }),

    revoke: sessionProcedure
      .meta({ rest: 'DELETE /auth/sessions/{id}', summary: 'End one of my sessions' })
      .input(byId)
      .output(nothing)
      .mutation(async ({ ctx, input }) => {
        if ((await deleteSession(ctx.db, ctx.principal.user.id, input.id)) === 0) throw notFound('session')
        return null
      }),

    revokeOthers: sessionProcedure
      .meta({ rest: 'POST /auth/sessions/revoke-others', summary: 'End all my other sessions' })
      .output(output.revoked)
      .mutation(async ({ ctx }) => ({
        revoked: await deleteOtherSessions(ctx.db, ctx.principal.user.id, ctx.principal.session.id),
      })),
  },

  email: {
    verify: publicProcedure
      .meta({
        rest: 'POST /auth/email-verifications',
        summary: 'Confirm an address',
        description: 'With the token of the mailed link.',
      })
      .input(input.verifyEmail)
      .output(nothing)
      .mutation(({ ctx, input }) => verifyEmail(ctx, input.token)),

    resend: userProcedure
      .meta({ rest: 'POST /auth/email-verifications/resend', summary: 'Mail the confirmation link again' })
      .output(output.accepted)
      .mutation(({ ctx }) => resendVerification(ctx)),
  },

  password: {
    requestReset: publicProcedure
      .meta({
        rest: 'POST /auth/password-resets',
        summary: 'Ask for a link to set a new password',
        description: 'The answer does not tell whether the address has an account.',
      })
      .input(input.requestReset)
      .output(output.accepted)
      .mutation(({ ctx, input }) => requestPasswordReset(ctx, input.email)),

    reset: publicProcedure
      .meta({
        rest: 'POST /auth/password-resets/redeem',
        summary: 'Set a new password',
        description: 'With the token of the mailed link. Ends every session and confirms the address.',
      })
      .input(input.resetPassword)
      .output(nothing)
      .mutation(({ ctx, input }) => resetPassword(ctx, input)),

    change: sessionProcedure
      .meta({
        rest: 'PUT /auth/password',
        summary: 'Change my password',
        description: 'Ends my other sessions.',
      })
      .input(input.changePassword)
      .output(nothing)
      .mutation(({ ctx, input }) => changePassword(ctx, input)),
  },
}

export const authErrors = {
  signIn: ['INVALID_CREDENTIALS'],
  signOut: ['FORBIDDEN'],
  accessToken: ['FORBIDDEN'],
  sessions: { revoke: ['FORBIDDEN', 'NOT_FOUND'], revokeOthers: ['FORBIDDEN'] },
  email: { verify: ['TOKEN_INVALID'] },
  password: { reset: ['TOKEN_INVALID'], change: ['FORBIDDEN', 'INVALID_CREDENTIALS'] },
} as const satisfies ErrorTree
