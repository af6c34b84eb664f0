import type { AnyTRPCProcedure } from '@trpc/server'
import { commonErrors, procedureErrors, type AppRouter, type ErrorCode } from './api.ts'
import { ApiError, type ApiErrorCode } from './api-error.ts'

/** An {@link ApiError} whose `details` follow from its `code`. */
export type AnyApiError<Code extends ApiErrorCode = ApiErrorCode> = { [One in Code]: ApiError<One> }[Code]

/** Names a procedure: `'users.create'`, `'auth.sessions.revoke'`. */
export type ProcedurePath = PathsOf<AppRouter['_def']['record']>

type PathsOf<Tree> = {
  [Name in keyof Tree & string]: Tree[Name] extends AnyTRPCProcedure ? Name : `${Name}.${PathsOf<Tree[Name]>}`
}[keyof Tree & string]

/**
 * The codes that a call of a procedure can reject with: those it declares, those of every procedure, and the two
 * of the SDK's own.
 *
 * @example
 * type Refusal = ProcedureErrorCode<'users.create'> // 'EMAIL_TAKEN' | 'USERNAME_TAKEN' | 'VALIDATION_ERROR' | …
 */
export type ProcedureErrorCode<Path extends ProcedurePath> =
  | DeclaredCodes<typeof procedureErrors, Path>
  | (typeof commonErrors)[number]
  | Exclude<ApiErrorCode, ErrorCode>

type DeclaredCodes<Tree, Path extends string> = Path extends `${infer Name}.${infer Rest}`
  ? Name extends keyof Tree
    ? DeclaredCodes<Tree[Name], Rest>
    : never
  : Path extends keyof Tree
    ? Tree[Path] extends readonly (infer Code extends ErrorCode)[]
      ? Code
      : never
    : never

/**
 * Whether a call failed as calls fail, with an {@link ApiError}; `details` then follow from `code`. With a
 * procedure's name: whether it failed in one of the ways that procedure declares, and `code` is one of those. It is
 * false for what no procedure foresees, a proxy's 413 for instance.
 *
 * @example
 * try {
 *   await client.users.create.mutate(input)
 * } catch (error) {
 *   if (!isApiError(error, 'users.create')) throw error
 *   if (error.code === 'EMAIL_TAKEN') return { [error.details.field]: error.message }
 *   if (error.code === 'VALIDATION_ERROR') return error.details.fields
 *   throw error
 * }
 */
export function isApiError(error: unknown): error is AnyApiError
export function isApiError<Path extends ProcedurePath>(
  error: unknown,
  procedure: Path,
): error is AnyApiError<ProcedureErrorCode<Path>>
export function isApiError(error: unknown, procedure?: string): boolean {
  if (!(error instanceof ApiError)) return false
  return procedure === undefined || foreseen(procedure).includes(error.code)
}

function foreseen(procedure: string): readonly ApiErrorCode[] {
  let node: unknown = procedureErrors
  for (const name of procedure.split('.')) node = (node as Record<string, unknown> | undefined)?.[name]
  return [...commonErrors, 'NETWORK', 'ABORTED', ...(Array.isArray(node) ? (node as ErrorCode[]) : [])]
}
