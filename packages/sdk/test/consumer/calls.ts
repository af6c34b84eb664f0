import { ApiError, createClient, isApiError, transformer } from '@tenon/sdk'
import type {
  AnyApiError,
  ApiErrorCode,
  ErrorCode,
  LiveEvent,
  RouterInputs,
  RouterOutputs,
  StreamState,
  Subscription,
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

/** What asks for a recent sign-in is tried once more after the password was given again. */
export async function leave(password: string): Promise<string> {
  try {
    await client.users.delete.mutate()
    return 'gone'
  } catch (error) {
    if (!isApiError(error, 'users.delete')) throw error
    if (error.code === 'LAST_ADMIN') return error.message
    if (error.code !== 'REAUTHENTICATION_REQUIRED') throw error
    const { recentUntil } = await client.auth.reauthenticate.mutate({ password })
    return recentUntil
  }
}

export async function moderate(id: string): Promise<string> {
  const { items } = await client.admin.users.list.query({ role: 'user', sort: 'lastSeenAt', order: 'asc' })
  const { sessions, events } = await client.admin.users.get.query({ id })
  const { suspendedAt } = await client.admin.users.suspend.mutate({ id, reason: 'spam' })
  const [event] = events
  const before: string | number | boolean | null | undefined = event?.details?.before
  return `${items.length} ${sessions.length} ${suspendedAt?.slice(0, 10) ?? 'never'} ${String(before)}`
}

export async function history(): Promise<string[]> {
  const { items } = await client.auth.events.query({ action: 'session.started', limit: 5 })
  return items.map(
    ({ action, by, at }) => `${action} by ${by satisfies 'self' | 'staff' | 'system' | 'unknown'} ${at}`,
  )
}

export async function download(token: string): Promise<number> {
  const data: Record<string, unknown[]> = await client.users.downloadExport.mutate({ token })
  return Object.values(data).flat().length
}

/** Twice the same key is once the same change. */
export async function rename(name: string, idempotencyKey: string): Promise<string | null> {
  return (await client.users.update.mutate({ name }, { context: { idempotencyKey } })).name
}

export function listen(show: (text: string) => void, signal: AbortSignal): Subscription {
  return client.live.stream.subscribe(
    { topics: ['notifications', 'security'] },
    {
      onData: ({ id, data }) => show(`${id} ${data.topic} ${data.kind} ${data.at}`),
      onStateChange: (state: StreamState, error) => show(error ? `${state}: ${error.code}` : state),
      onError: (error) => show(isApiError(error) ? error.code : 'never'),
      onStarted: () => show('live'),
      onComplete: () => show('ended'),
      signal,
    },
  )
}

export async function follow(since: string, keep: (event: LiveEvent) => Promise<void>): Promise<string> {
  let lastEventId = since
  for await (const { id, data } of client.live.stream.iterate({ topics: ['posts'], lastEventId })) {
    if (data.kind === 'stream.reset') break
    await keep(data)
    lastEventId = id
  }
  return lastEventId
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
