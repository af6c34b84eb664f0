import { ApiError, createClient, isApiError, transformer } from '@tenon/sdk'
import type {
  AnyApiError,
  ApiErrorCode,
  ErrorCode,
  RouterInputs,
  RouterOutputs,
  TenonClient,
} from '@tenon/sdk'

// Everything that a frontend does with the SDK; the compiler finds nothing to say.
export const client: TenonClient = createClient({
  url: 'https://tenon.example',
  token: async () => 'secret',
  fetch: (url, init) => fetch(url, { ...init, cache: 'no-store' }),
  headers: () => ({ 'x-team': 'a' }),
  timeoutMs: 5_000,
})
createClient({ url: '', token: 'secret', fetch, headers: { 'x-team': 'a' } })

export async function register(
  input: RouterInputs['users']['create'],
): Promise<RouterOutputs['users']['create']> {
  const user = await client.users.create.mutate(input)
  const role: 'user' | 'moderator' | 'admin' = user.role
  return { ...user, role }
}

export async function search(q: string, signal: AbortSignal): Promise<string[]> {
  const page = await client.users.search.query({ q }, { signal, context: { timeoutMs: 1_000 } })
  await client.auth.signOut.mutate()
  await client.users.me.query(undefined, { signal })
  return page.items.map((user) => user.username)
}

export function explain(error: unknown): string {
  if (isApiError(error, 'users.create')) {
    if (error.code === 'EMAIL_TAKEN') return error.details.field satisfies 'email'
    if (error.code === 'RATE_LIMITED') return error.details.retryAfterSeconds.toFixed()
  }
  if (!isApiError(error)) return 'unknown'
  const all: AnyApiError = error
  const code: ErrorCode | 'NETWORK' | 'ABORTED' = all.code satisfies ApiErrorCode
  const { status, requestId, retryAfterSeconds = 0 } = error
  if (error.code === 'VALIDATION_ERROR') return Object.values(error.details.fields).flat().join()
  return `${code} ${status} ${requestId} ${retryAfterSeconds} ${error instanceof ApiError} ${error.message}`
}

export const unchanged: unknown = transformer.serialize(1)

/** A switch over what a procedure declares can be complete. */
export function codeOf(error: AnyApiError<'EMAIL_TAKEN' | 'USERNAME_TAKEN'>): string {
  switch (error.code) {
    case 'EMAIL_TAKEN':
      return error.details.field
    case 'USERNAME_TAKEN':
      return error.details.field
    default:
      return error satisfies never
  }
}
