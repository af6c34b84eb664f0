import { sql, type RawBuilder, type Transaction } from 'kysely'
import type { Database } from '../../../db.ts'
import { jobName } from '../../../jobs/lanes.ts'
import { endOfItsName, secretWords } from '../../../jobs/redact.ts'
import { liveState, liveStates, type JobState } from '../../../jobs/states.ts'
import { likePattern } from '../../../search.ts'
import { folded, isEnd, isOfName, liveAt, liveJobs } from './rows.ts'

export interface JobFilter {
  state?: JobState | undefined
  name?: string | undefined
  queue?: string | undefined
  q?: string | undefined
  error?: string | undefined
  since?: string | undefined
  until?: string | undefined
}

export interface JobRow {
  id: string
  name: string
  queue: string | null
  state: JobState
  attempts: number
  maxAttempts: number
  at: Date
  createdAt: Date | null
  runAt: Date | null
  error: string | null
}

/** Newest first, live and ended, in one statement and so of one moment. One more than `limit`. */
export async function listJobs(
  trx: Transaction<Database>,
  filter: JobFilter,
  { before, limit }: { before?: string | undefined; limit: number },
): Promise<JobRow[]> {
  const { rows } = await sql<JobRow>`
    select number::text as id, name, queue, state, attempts, max_attempts, at, created_at, run_at, error
    from (
      (${selectLive(filter, before, limit + 1)}) union all (${selectEnded(filter, before, limit + 1)})
    ) found
    order by number desc limit ${limit + 1}`.execute(trx)
  return rows
}

export const liveColumns = sql`
  ${jobName} as name, queues.queue_name as queue, ${liveState} as state, jobs.attempts::integer as attempts,
  jobs.max_attempts::integer as max_attempts, ${liveAt} as at, jobs.created_at, jobs.run_at, jobs.last_error as error`

function selectLive(filter: JobFilter, before: string | undefined, limit: number) {
  return sql`
    select jobs.id as number, ${liveColumns} from ${liveJobs}
    where ${sql.join([...liveConditions(filter), ...given(before, (id) => sql`jobs.id < ${id}::bigint`)], and)}
    order by jobs.id desc limit ${limit}`
}

const and = sql` and `

/** Of live jobs. */
export function liveConditions({
  state,
  name,
  queue,
  q,
  error,
  since,
  until,
}: JobFilter): RawBuilder<unknown>[] {
  return [
    state && !isLive(state) ? sql`false` : sql`true`,
    ...given(state, (value) => sql`${liveState} = ${value}`),
    ...given(name, (value) => sql`${jobName} = ${value}`),
    ...given(queue, (value) => sql`queues.queue_name = ${value}`),
    ...given(q, (value) => matches(value, 'jobs.last_error', 'jobs.payload')),
    ...given(error, (value) => sql`${folded('jobs.last_error')} = ${value}`),
    ...given(since, (value) => sql`${liveAt} >= ${new Date(value)}::timestamptz`),
    ...given(until, (value) => sql`${liveAt} < ${new Date(value)}::timestamptz`),
  ]
}

const isLive = (state: JobState) => (liveStates as readonly JobState[]).includes(state)

export const endedColumns = sql`
  runs.name, runs.queue, runs.outcome as state, runs.attempt as attempts, runs.max_attempts, runs.ended_at as at,
  null::timestamptz as created_at, null::timestamptz as run_at, runs.error_message as error`

/**
 * How each job ended that is there no more: the last of its ends, as the staff may have had it tried again after one. With the
 * `offset` each is looked up as the page needs it; without, PostgreSQL may join the whole tables for twenty rows.
 */
export const isLastEnd = sql`${isEnd('runs')}
  and not exists (select from graphile_worker._private_jobs live where live.id = runs.job_id offset 0)
  and not exists (
    select from job_runs later
    where later.job_id = runs.job_id and later.id > runs.id and ${isEnd('later')} offset 0)`

function selectEnded(filter: JobFilter, before: string | undefined, limit: number) {
  const { state, name, queue, q, error, since, until } = filter
  const conditions = [
    isLastEnd,
    ...given(before, (id) => sql`runs.job_id < ${id}::bigint`),
    ...given(state, (value) => sql`runs.outcome = ${value}`),
    ...given(name, (value) => isOfName(sql`${value}::text`)),
    ...given(queue, (value) => sql`runs.queue = ${value}`),
    ...given(q, (value) => matches(value, 'runs.error_message', 'runs.payload')),
    ...given(error, (value) => sql`${folded('runs.error_message')} = ${value}`),
    ...given(since, (value) => sql`runs.ended_at >= ${new Date(value)}::timestamptz`),
    ...given(until, (value) => sql`runs.ended_at < ${new Date(value)}::timestamptz`),
  ]
  return sql`
    select runs.job_id as number, ${endedColumns} from job_runs runs
    where ${sql.join(conditions, and)} order by ${name === undefined ? sql`` : sql`runs.name desc, `}runs.job_id desc limit ${limit}`
}

const given = <T>(value: T | undefined, condition: (value: T) => RawBuilder<unknown>) =>
  value === undefined ? [] : [condition(value)]

/** Behind names of secrets nothing is found: by asking for ever longer parts one would learn the whole. */
function matches(part: string, message: string, payload: string) {
  const pattern = likePattern(part)
  const text = sql`${sql.ref(payload)}::text`
  return sql<boolean>`(${sql.ref(message)} ilike ${pattern} or (${text} ilike ${pattern} and ${withoutSecrets(text)} ilike ${pattern}))`
}

const withoutSecrets = (json: RawBuilder<unknown>) => sql`
  regexp_replace(${json}, ${secretFields}, '\\1:""', 'g')`

/** In this alone case is of no account: `tokenAt` only dates a token, `tokenFormat` is one. */
const inAnyCase = secretWords.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`)

/** A name as `redactPayload` knows it, and its value; of a list or an object all that follows, as nothing here finds its end. */
const secretFields = sql.lit(
  String.raw`("(?:[^"\\]|\\.)*(?:${inAnyCase})(?:[^"\\]|\\.)*(?<!${endOfItsName})")[[:space:]]*:[[:space:]]*` +
    String.raw`(?:"(?:[^"\\]|\\.)*"|[[{].*|[^][{}",[:space:]]+)`,
)
