import { sql, type Kysely } from 'kysely'

export async function up(db: Kysely<never>): Promise<void> {
  // The first answers to mutations that came with a key. The id is a hash of whose key it is, of the procedure and the key.
  // The answer is the text as it was sent: jsonb would order its keys anew.
  await sql`
    create table idempotency_keys (
      id bytea primary key,
      user_id uuid not null references users (id) on delete cascade,
      body_mac bytea not null,
      answer text not null,
      expires_at timestamptz(3) not null,
      constraint idempotency_keys_id_check check (octet_length(id) = 32),
      constraint idempotency_keys_body_mac_check check (octet_length(body_mac) = 32),
      constraint idempotency_keys_answer_check check (octet_length(answer) <= 524288)
    )`.execute(db)
  await sql`create index idempotency_keys_user_id on idempotency_keys (user_id, expires_at)`.execute(db)
  await sql`create index idempotency_keys_expires_at on idempotency_keys (expires_at)`.execute(db)
}
