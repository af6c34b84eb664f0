import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import pLimit from 'p-limit'
import { fail } from '../../errors.ts'

export interface PasswordHasher {
  hash(password: string): Promise<string>
  /** Without a stored hash it does the same work and says no, so that time does not tell who has an account. */
  verify(passwordHash: string | undefined, password: string): Promise<boolean>
  /**
   * Refuses before any work is done for a password that could not be hashed anyway.
   * @throws UNAVAILABLE when too many are waiting
   */
  refuseWhenFull(): void
  /** Whether it was made with other parameters than today's: to be hashed anew when the password is next at hand. */
  needsRehash(passwordHash: string): boolean
}

// argon2id is the library's default algorithm; these are OWASP's figures for it.
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const currentPrefix = '$argon2id$v=19$m=19456,t=2,p=1$'

// Hashing shares a thread pool with DNS and files: 100 at once stalled DNS look-ups for 1.6 s. So one core stays
// free, and what would wait longer than a second or two is refused.
const defaultWidth = Math.max(1, availableParallelism() - 1)
const waitingPerThread = 64

/** @throws UNAVAILABLE from `hash` and `verify` when too many are waiting */
export function createPasswordHasher(width = defaultWidth): PasswordHasher {
  const limit = pLimit(width)
  const dummyHash = hash('Dummy for unknown addresses 0', parameters)

  const refuseWhenFull = () => {
    if (limit.pendingCount >= width * waitingPerThread) throw fail('UNAVAILABLE', { retryAfterSeconds: 2 })
  }

  const queued = <T>(work: () => Promise<T>): Promise<T> => {
    refuseWhenFull()
    return limit(work)
  }

  return {
    hash: async (password) => queued(() => hash(password, parameters)),
    async verify(passwordHash, password) {
      const matches = await queued(async () => verify(passwordHash ?? (await dummyHash), password))
      return matches && passwordHash !== undefined
    },
    refuseWhenFull,
    needsRehash: (passwordHash) => !passwordHash.startsWith(currentPrefix),
  }
}
