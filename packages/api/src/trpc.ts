import { initTRPC } from '@trpc/server'
import { middlewareMarker } from '@trpc/server/unstable-core-do-not-import'
import type { Transaction } from 'kysely'
import type { Context } from './context.ts'
import type { Database } from './db.ts'
import { commonErrors, type ErrorCode } from './error-codes.ts'
import type { ErrorShape } from './error-shape.ts'
import { fail, toFailure } from './errors.ts'
import type { Meta } from './meta.ts'
import { declaredErrors } from './declared-errors.ts'
import { isPermitted, type Permission } from './features/auth/permissions.ts'
import { isRecent } from './features/auth/principal.ts'
import { findFirstAnswer, keepAnswer, lay } from './idempotency/answers.ts'
import { claimOf } from './idempotency/claim.ts'
import { inLazyTransaction } from './lazy-transaction.ts'
import { generalLimit } from './limits.ts'

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    // Outputs are plain JSON by schema; an identity transformer tells the types so and costs nothing on the wire.
    // Every proxy on the way sees that the stream lives.
    sse: { ping: { enabled: true, intervalMs: 15_000 } },
    transformer: { serialize: (value: unknown) => value, deserialize: (value: unknown) => value },
    errorFormatter({ shape, error, ctx }): ErrorShape {
      const { apiCode: code, message, details, status } = toFailure(error)
      const requestId = ctx?.request.id ?? ''
      return { code: shape.code, message, data: { code, message, details, requestId, httpStatus: status } }
    },
  })

export const router = t.router

/** Every call, of a batch too: counted, its unexpected errors logged once, its codes held to what is declared. */
const observed = t.middleware(async ({ ctx, path, next }) => {
  await generalLimit(ctx)
  const result = await next()
  if (!result.ok) {
    const failure = toFailure(result.error)
    // What is refused for the moment, for want of room, is no error of ours.
    if (failure.status >= 500 && (failure.cause || failure.apiCode !== 'UNAVAILABLE'))
      ctx.log.error({ err: failure.cause ?? failure, path, requestId: ctx.request.id }, 'call failed')
    if (failure.status === 403) ctx.log.warn(refusalOf(ctx, path, failure.apiCode), 'call refused')
    if (!isDeclared(path, failure.apiCode)) ctx.onUndeclaredError(path, failure.apiCode)
  }
  return result
})

const refusalOf = ({ request, principal }: Context, path: string, code: ErrorCode) => ({
  path,
  code,
  requestId: request.id,
  userId: principal?.user.id,
})

function isDeclared(path: string, code: ErrorCode): boolean {
  return (commonErrors as readonly ErrorCode[]).includes(code) || declaredErrors(path).includes(code)
}

/** The ladder: public → user → verified, and user → session → recent and permitted. Each narrows the one it stands on. */
export const publicProcedure = t.procedure.use(observed).meta({ access: 'public' })

export const userProcedure = publicProcedure.meta({ access: 'user' }).use(({ ctx, next }) => {
  if (!ctx.principal) throw fail('UNAUTHORIZED')
  return next({ ctx: { principal: ctx.principal } })
})

/** What ends or changes an account: an access token was made to be handed to others, and does not do. */
export const sessionProcedure = userProcedure.meta({ access: 'session' }).use(({ ctx, next }) => {
  if (ctx.principal.via !== 'session') throw fail('FORBIDDEN', {}, 'This needs the session itself.')
  return next()
})

export const verifiedProcedure = userProcedure.meta({ access: 'verified' }).use(({ ctx, next }) => {
  if (!ctx.principal.user.emailVerified) throw fail('EMAIL_NOT_VERIFIED')
  return next()
})

/** What a stolen session must not be enough for: the password was given within the last 10 minutes. */
export const recentProcedure = sessionProcedure.meta({ access: 'recent' }).use(({ ctx, next }) => {
  if (!isRecent(ctx.principal)) throw fail('REAUTHENTICATION_REQUIRED')
  return next()
})

/** For those whose role holds it: `permitted('users:suspend')`. */
export const permitted = (permission: Permission) =>
  sessionProcedure.meta({ access: 'permitted', permission }).use(({ ctx, next }) => {
    if (!isPermitted(ctx.principal.user.role, permission)) throw fail('FORBIDDEN')
    return next()
  })

/** The same for what could make a thief of the session an admin: the password was given within the last 10 minutes. */
export const recentlyPermitted = (permission: Permission) =>
  permitted(permission)
    .meta({ access: 'permitted', permission, isRecent: true })
    .use(({ ctx, next }) => {
      if (!isRecent(ctx.principal)) throw fail('REAUTHENTICATION_REQUIRED')
      return next()
    })

/**
 * On a rung, for mutations whose answer holds no secret: `userProcedure.concat(idempotent)`. With a key what is done is done
 * once, in one transaction with its answer, and the same call is answered so for up to 24 hours; without one nothing changes.
 * It stands behind the rung: who may not call any more is refused, and is not told what was answered.
 */
export const idempotent = t.procedure
  .meta({ idempotent: true })
  .use(async ({ ctx, path, getRawInput, next }) => {
    const { idempotencyKey } = ctx.request
    if (idempotencyKey === undefined) return next()
    const claim = claimOf(ctx, path, idempotencyKey, await getRawInput())
    const answer = await findFirstAnswer(ctx.db, claim)
    if (answer !== undefined) {
      ctx.response.markReplayed?.()
      return { ok: true, data: JSON.parse(answer), marker: middlewareMarker }
    }
    const first = (trx: Transaction<Database>) => lay(trx, claim)
    return inLazyTransaction(ctx.db, first, async (db) => {
      const result = await next({ ctx: { db } })
      if (!result.ok) throw result.error
      await keepAnswer(db, claim, result.data)
      return result
    })
  })
