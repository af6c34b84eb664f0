import { sql, type Kysely } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  // No foreign keys: an event outlives the people in it, who are then no more than their ids.
  await sql`
    create table audit_events (
      id uuid primary key,
      at timestamptz(3) not null default now(),
      action text not null,
      result text not null,
      actor_id uuid,
      subject_id uuid,
      request_id text,
      ip text,
      agent text,
      details jsonb,
      expires_at timestamptz(3) not null,
      constraint audit_events_action_check check (action ~ '^[a-z]+(-[a-z]+)*\\.[a-z]+(-[a-z]+)*$'),
      constraint audit_events_result_check check (result in ('success', 'failure')),
      constraint audit_events_expires_at_check check (expires_at >= at + interval '1 day'),
      constraint audit_events_details_check check (pg_column_size(details) <= 8192)
    )`.execute(db)
  await sql`create index audit_events_subject_id on audit_events (subject_id, id)`.execute(db)
  await sql`create index audit_events_actor_id on audit_events (actor_id, id)`.execute(db)
  await sql`create index audit_events_action on audit_events (action, id)`.execute(db)
  await sql`create index audit_events_failures on audit_events (id) where result = 'failure'`.execute(db)
  await sql`create index audit_events_expires_at on audit_events (expires_at)`.execute(db)

  await sql`
    create function guard_audit_events() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' and old.expires_at <= now() then
        return old;
      end if;
      if tg_op = 'UPDATE'
        and to_jsonb(new) - 'ip' - 'agent' - 'details' = to_jsonb(old) - 'ip' - 'agent' - 'details'
        and (new.ip is null or new.ip = old.ip)
        and (new.agent is null or new.agent = old.agent)
        and (new.details is null or new.details = old.details) then
        return new;
      end if;
      raise exception 'audit_events is append-only' using errcode = 'insufficient_privilege';
    end
    $$`.execute(db)
  await sql`
    create trigger audit_events_append_only before update or delete on audit_events
    for each row execute function guard_audit_events()`.execute(db)
  await sql`
    create trigger audit_events_no_truncate before truncate on audit_events
    for each statement execute function guard_audit_events()`.execute(db)
}
