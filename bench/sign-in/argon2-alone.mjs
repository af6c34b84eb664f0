// Prints how many verifications a second argon2 does, so many at a time: node argon2-alone.mjs <width> <seconds>
import { createRequire } from 'node:module'

const fromApi = createRequire(new URL('../../packages/api/package.json', import.meta.url))
const { hash, verify } = fromApi('@node-rs/argon2')
const [width = 1, seconds = 5] = process.argv.slice(2).map(Number)
const password = 'Correct7Horse'
// What the server stores; `verify` reads the parameters from it.
const stored = await hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 })

let verified = 0
const startedAt = performance.now()
await Promise.all(Array.from({ length: width }, verifyUntil(startedAt + seconds * 1000)))
console.log((verified / (performance.now() - startedAt)) * 1000)

function verifyUntil(end) {
  return async () => {
    for (; performance.now() < end; verified++)
      if (!(await verify(stored, password))) throw new Error('a right password was found wrong')
  }
}
