import type pg from 'pg'
import { createPool, type DatabaseOptions } from '../db.ts'

type Connect = pg.Pool['connect']
/** A pool that has ended has nothing to release. */
type Callback = (
  error: Error | undefined,
  client?: pg.PoolClient,
  release?: (failure?: Error | boolean) => void,
) => void

/**
 * For Graphile Worker. It gives the connection that it listens on back twice when the database is lost while it stops; at the second
 * time pg-pool throws, where nobody catches it, and the process would end.
 */
export function createLanePool(options: DatabaseOptions): pg.Pool {
  const pool = createPool(options)
  const connect = pool.connect.bind(pool)
  const connectOnce = (callback?: Callback) => (callback ? connect(releasingOnce(callback)) : connect())
  return Object.assign(pool, { connect: connectOnce as Connect })
}

const releasingOnce =
  (callback: Callback): Callback =>
  (error, client, release) => {
    let isReleased = false
    callback(error, client, (failure) => {
      if (!isReleased) release?.(failure)
      isReleased = true
    })
  }
