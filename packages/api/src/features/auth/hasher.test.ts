import * as argon2 from '@node-rs/argon2'
import { afterEach, expect, it, vi } from 'vitest'
import { eventually } from '../../testing/eventually.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { createPasswordHasher } from './hasher.ts'

vi.mock('@node-rs/argon2', { spy: true })

afterEach(() => vi.resetAllMocks())

const password = 'Correct7Horse'

it('a password is verified by its hash, and no other is', async () => {
  const hasher = createPasswordHasher()
  const hash = await hasher.hash(password)
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(await hasher.verify(hash, password)).toBe(true)
  expect(await hasher.verify(hash, 'correct7Horse')).toBe(false)
})

it('equal passwords have different hashes', async () => {
  const hasher = createPasswordHasher()
  expect(await hasher.hash(password)).not.toBe(await hasher.hash(password))
})

it('without a stored hash the same work is done, and the answer is no, whatever is given', async () => {
  const hasher = createPasswordHasher()
  expect(await hasher.verify(undefined, password)).toBe(false)
  expect(await hasher.verify(undefined, 'Dummy for unknown addresses 0')).toBe(false)
  expect(vi.mocked(argon2.verify).mock.calls).toEqual([
    [expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/), password],
    [expect.any(String), 'Dummy for unknown addresses 0'],
  ])
})

it('as many hash at once as it is wide, 128 wait for each, and the next is refused', async () => {
  const finish = holdHashing()
  const hasher = createPasswordHasher(2)
  const begun = Array.from({ length: 2 + 256 }, () => hasher.hash(password))
  await eventually(() => expect(finish.waiting()).toBe(2))
  expect(await refusalOf(hasher.hash(password))).toMatchObject({ code: 'UNAVAILABLE', status: 503 })
  expect(await refusalOf(hasher.verify(undefined, password))).toMatchObject({ code: 'UNAVAILABLE' })
  expect(() => hasher.refuseWhenFull()).toThrow('busy')
  expect(await refusalOf(hasher.reserve())).toMatchObject({ code: 'UNAVAILABLE' })

  finish.all()
  expect(new Set(await Promise.all(begun))).toEqual(new Set(['a hash']))
  hasher.refuseWhenFull()
  expect(await hasher.hash(password)).toBe('a hash')
})

it('who comes when all places are reserved is refused at once, though nobody hashes yet', async () => {
  const { hasher, reservations } = reserveAll()
  expect(await refusalOf(hasher.reserve())).toMatchObject({ code: 'UNAVAILABLE', status: 503 })
  expect(() => hasher.refuseWhenFull()).toThrow('busy')
  for (const reservation of reservations) (await reservation)[Symbol.dispose]()
  hasher.refuseWhenFull()
})

it('eight at a time have their turn, so that a burst does not keep the database from others', async () => {
  const { reservations } = reserveAll()
  const turns: Disposable[] = []
  for (const reservation of reservations) void reservation.then((turn) => turns.push(turn))
  await eventually(() => expect(turns).toHaveLength(8))
  await nextTurn()
  expect(turns).toHaveLength(8)
  // The same one twice makes room once.
  for (let times = 0; times < 2; times++) turns[0]?.[Symbol.dispose]()
  await nextTurn()
  expect(turns).toHaveLength(9)
})

it('who has a place is not refused when it comes to hashing', async () => {
  const { hasher, reservations } = reserveAll()
  const finish = holdHashing()
  finish.all()
  const hashes = reservations.map(async (reservation) => {
    using _turn = await reservation
    return await hasher.hash(password)
  })
  expect(new Set(await Promise.all(hashes))).toEqual(new Set(['a hash']))
})

it('those who are refused together are told to come back in one, two or three seconds', async () => {
  const { hasher } = reserveAll()
  const refusals = await Promise.all(Array.from({ length: 100 }, () => refusalOf(hasher.reserve())))
  const waits = refusals.map(({ details }) => (details as { retryAfterSeconds: number }).retryAfterSeconds)
  expect(new Set(waits)).toEqual(new Set([1, 2, 3]))
})

function reserveAll() {
  const hasher = createPasswordHasher(1)
  return { hasher, reservations: Array.from({ length: 1 + 128 }, () => hasher.reserve()) }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

it('a hash of other parameters is to be made anew, and one of today is not', async () => {
  const hasher = createPasswordHasher()
  const old = await argon2.hash(password, { memoryCost: 8192, timeCost: 2, parallelism: 1 })
  expect(hasher.needsRehash(old)).toBe(true)
  expect(hasher.needsRehash(await hasher.hash(password))).toBe(false)
})

/** Hashing that ends when it is told to. */
function holdHashing() {
  let isHeld = true
  const held: (() => void)[] = []
  vi.mocked(argon2.hash).mockImplementation(async (given) => {
    if (isHeld && given === password) await new Promise<void>((resolve) => void held.push(resolve))
    return 'a hash'
  })
  return {
    waiting: () => held.length,
    all() {
      isHeld = false
      for (const release of held) release()
    },
  }
}
