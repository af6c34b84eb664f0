import { getOwnEventPage } from '../../audit/events.ts'
import { ownEvents as ownEventsInput } from '../../audit/input.ts'
import { ownEvents } from '../../audit/output.ts'
import { idempotencyErrors } from '../../error-codes.ts'
import { notFound } from '../../errors.ts'
import { byId, nothing } from '../../schemas.ts'
import { idempotent, publicProcedure, recentProcedure, sessionProcedure, userProcedure } from '../../trpc.ts'
import type { ErrorTree } from '../../declared-errors.ts'
import { createAccessToken } from './access-tokens.ts'
import { confirmEmailChange, requestEmailChange, undoEmailChange } from './email-changes.ts'
import { resendVerification, verifyEmail } from './emails.ts'
import * as input from './input.ts'
import * as output from './output.ts'
import { endOtherSessions, endOwnSession } from './own-sessions.ts'
import { changePassword, requestPasswordReset, resetPassword } from './passwords.ts'
import { listSessions } from './queries.ts'
import { reauthenticate } from './reauthenticate.ts'
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

  reauthenticate: sessionProcedure
    .meta({
      rest: 'POST /auth/reauthentications',
      summary: 'Give my password again',
      description:
        'What answers `REAUTHENTICATION_REQUIRED` is open for 10 minutes afterwards. A session cookie is replaced; a bearer token stays.',
    })
    .input(input.reauthenticate)
    .output(output.reauthenticated)
    .mutation(({ ctx, input }) => reauthenticate(ctx, input.password)),

  events: userProcedure
    .meta({
      rest: 'GET /auth/events',
      summary: 'List what happened to my account',
      description: 'Sign-ins, changes and refusals, newest first.',
    })
    .input(ownEventsInput)
    .output(ownEvents)
    .query(({ ctx, input }) => getOwnEventPage(ctx.db, ctx.principal.user.id, input)),

  sessions: {
    list: userProcedure
      .meta({ rest: 'GET /auth/sessions', summary: 'List my sessions', description: 'Newest first.' })
      .output(output.sessions)
      .query(async ({ ctx }) => {
        const records = await listSessions(ctx.db, ctx.principal.user.id)
        return { items: records.map((record) => toSession(record, ctx)), nextCursor: null }
      }),

    revoke: sessionProcedure
      .concat(idempotent)
      .meta({ rest: 'DELETE /auth/sessions/{id}', summary: 'End one of my sessions' })
      .input(byId)
      .output(nothing)
      .mutation(async ({ ctx, input }) => {
        if (!(await endOwnSession(ctx, input.id))) throw notFound('session')
        return null
      }),

    revokeOthers: sessionProcedure
      .concat(idempotent)
      .meta({ rest: 'POST /auth/sessions/revoke-others', summary: 'End all my other sessions' })
      .output(output.revoked)
      .mutation(({ ctx }) => endOtherSessions(ctx)),
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
      .concat(idempotent)
      .meta({ rest: 'POST /auth/email-verifications/resend', summary: 'Mail the confirmation link again' })
      .output(output.accepted)
      .mutation(({ ctx }) => resendVerification(ctx)),

    change: recentProcedure
      .concat(idempotent)
      .meta({
        rest: 'POST /auth/email-changes',
        summary: 'Change my address',
        description:
          'Mails a link to the new address, and to the old one a link to undo it. The old address signs in until the new one is confirmed. The answer does not tell whether the new address has an account.',
      })
      .input(input.changeEmail)
      .output(output.accepted)
      .mutation(({ ctx, input }) => requestEmailChange(ctx, input.email)),

    confirmChange: publicProcedure
      .meta({
        rest: 'POST /auth/email-changes/redeem',
        summary: 'Confirm a new address',
        description: 'With the token of the link that was mailed to it.',
      })
      .input(input.redeemEmailChange)
      .output(nothing)
      .mutation(({ ctx, input }) => confirmEmailChange(ctx, input.token)),

    undoChange: publicProcedure
      .meta({
        rest: 'POST /auth/email-changes/undo',
        summary: 'Undo a change of my address',
        description:
          'With the token of the link that was mailed to the old address. Brings that back, ends every session and mails a link to set a new password.',
      })
      .input(input.redeemEmailChange)
      .output(nothing)
      .mutation(({ ctx, input }) => undoEmailChange(ctx, input.token)),
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

    change: recentProcedure
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
  signIn: ['INVALID_CREDENTIALS', 'ACCOUNT_SUSPENDED'],
  signOut: ['FORBIDDEN'],
  accessToken: ['FORBIDDEN'],
  reauthenticate: ['FORBIDDEN', 'INVALID_CREDENTIALS'],
  events: ['CURSOR_INVALID'],
  sessions: {
    revoke: ['FORBIDDEN', 'NOT_FOUND', ...idempotencyErrors],
    revokeOthers: ['FORBIDDEN', ...idempotencyErrors],
  },
  email: {
    verify: ['TOKEN_INVALID'],
    resend: idempotencyErrors,
    change: ['FORBIDDEN', 'REAUTHENTICATION_REQUIRED', ...idempotencyErrors],
    confirmChange: ['TOKEN_INVALID'],
    undoChange: ['TOKEN_INVALID'],
  },
  password: {
    reset: ['TOKEN_INVALID'],
    change: ['FORBIDDEN', 'REAUTHENTICATION_REQUIRED', 'INVALID_CREDENTIALS'],
  },
} as const satisfies ErrorTree
