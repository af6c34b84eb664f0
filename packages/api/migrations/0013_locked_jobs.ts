import { sql, type Kysely } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  // Every worker looks every 5 s for what the dead had locked, among all that wait. It is Graphile Worker's table: the name is ours, so
  // that none of its own migrations gets in the way of it. Of `locked_at` and not of `locked_by`, so that nothing that ends a job by its id
  // is planned by it: right after the locks of many jobs it consists of entries that are gone.
  await sql`
    create index if not exists tenon_locked_jobs on graphile_worker._private_jobs (locked_at)
    where locked_at is not null`.execute(db)
}
