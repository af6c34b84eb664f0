import { randomInt } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import pLimit, { type LimitFunction } from 'p-limit'
import { fail } from '../../errors.ts'

export interface PasswordHasher {
  hash(password: string): Promise<string>
  /** Without a stored hash it does the same work and says no, so that time does not tell who has an account. */
  verify(passwordHash: string | undefined, password: string): Promise<boolean>
  /**
   * A place in the queue until it is disposed of; it comes when it is soon this one's turn. For those who ask the
   * database first: of 200 that come at once all would find room and ask, before most of them were refused.
   * @throws UNAVAILABLE at once when there is no place
   */
  reserve(): Promise<Disposable>
  /** @throws UNAVAILABLE when there is no place in the queue */
  refuseWhenFull(): void
  /** Whether it was made with other parameters than today's: to be hashed anew when the password is next at hand. */
  needsRehash(passwordHash: string): boolean
}

// argon2id is the library's default algorithm; these are OWASP's figures for it.
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const currentPrefix = '$argon2id$v=19$m=19456,t=2,p=1$'

// Hashing shares a thread pool with DNS and files: 100 at once stalled DNS look-ups for 1.6 s. So one core stays
// free, and what would wait longer than a second or two is refused. Fewer places would refuse more, and refusing is work,
// too: `npm run bench -- sign-in`.
const defaultWidth = Math.max(1, availableParallelism() - 1)
const waitingPerThread = 128

// While one is hashed, others ask the database before their hash and after it: enough that no thread waits for them, and
// so few that other requests hardly do.
const underWayPerThread = 8

/** @throws UNAVAILABLE from `hash` and `verify` when too many are waiting */
export function createPasswordHasher(width = defaultWidth): PasswordHasher {
  const hashing = pLimit(width)
  const underWay = pLimit(width * underWayPerThread)
  const dummyHash = hash('Dummy for unknown addresses 0', parameters)
  const isFull = ({ activeCount, pendingCount }: LimitFunction) =>
    activeCount + pendingCount >= width * (1 + waitingPerThread)

  const queued = <T>(work: () => Promise<T>): Promise<T> => {
    if (isFull(hashing)) throw full()
    return hashing(work)
  }

  const refuseWhenFull = () => {
    if (isFull(hashing) || isFull(underWay)) throw full()
  }

  return {
    hash: async (password) => queued(() => hash(password, parameters)),
    async verify(passwordHash, password) {
      const matches = await queued(async () => verify(passwordHash ?? (await dummyHash), password))
      return matches && passwordHash !== undefined
    },
    refuseWhenFull,
    async reserve() {
      refuseWhenFull()
      const turn = Promise.withResolvers<void>()
      const end = Promise.withResolvers<void>()
      void underWay(() => {
        turn.resolve()
        return end.promise
      })
      await turn.promise
      return { [Symbol.dispose]: () => end.resolve() }
    },
    needsRehash: (passwordHash) => !passwordHash.startsWith(currentPrefix),
  }
}

// Who was refused together shall not come back together.
const full = () => fail('UNAVAILABLE', { retryAfterSeconds: randomInt(1, 4) })
