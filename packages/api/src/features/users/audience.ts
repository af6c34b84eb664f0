import { sql } from 'kysely'
import type { Reader } from '../../live/audiences.ts'

/** Who hears of what somebody does: whoever follows them. */
export const followers = sql<Reader>`select followee_id as user_id, follower_id as reader_id from follows`
