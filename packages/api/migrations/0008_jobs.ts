import { sql, type Kysely } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  // Whether all that a worker has locked is running, or some of it was only taken ahead; and what is running.
  await sql`
    alter table workers
      add column name text not null default '',
      add column started_at timestamptz(3) not null default now(),
      add column is_careful boolean not null default false,
      add column running bigint[] not null default '{}'`.execute(db)

  // One row per attempt. Ids are given in the order of the writing, so a page by id is exact, and so is the sweep.
  await sql`
    create table job_runs (
      id bigint generated always as identity primary key,
      job_id bigint not null,
      name text not null,
      queue text,
      attempt integer not null,
      max_attempts integer not null,
      worker text,
      started_at timestamptz(3) not null,
      ended_at timestamptz(3) not null,
      outcome text not null,
      error_message text,
      error_stack text,
      payload jsonb,
      constraint job_runs_outcome_check
        check (outcome in ('succeeded', 'retrying', 'postponed', 'failed', 'interrupted', 'cancelled'))
    )`.execute(db)
  await sql`create index job_runs_job_id on job_runs (job_id)`.execute(db)
  await sql`create index job_runs_name on job_runs (name, job_id)`.execute(db)
  // Rows come in the order of time: a few pages of this index stand for a day's work, and writing it costs next to nothing.
  await sql`create index job_runs_ended_at on job_runs using brin (ended_at) with (pages_per_range = 16, autosummarize = on)`.execute(
    db,
  )

  // How many jobs of each queue were in each state, every 15 s. The empty name stands for jobs without a queue.
  await sql`
    create table queue_samples (
      at timestamptz(3) not null,
      queue text not null,
      waiting integer not null,
      scheduled integer not null,
      retrying integer not null,
      running integer not null,
      failed integer not null,
      primary key (at, queue)
    )`.execute(db)
}
