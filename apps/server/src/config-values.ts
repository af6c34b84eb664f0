import { isIP } from 'node:net'
import * as z from 'zod'

// What the environment's values look like. Messages say what was expected and never repeat the value.

export const text = z.string().trim().min(1)

const list = z
  .string()
  .transform((value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  )
  .refine((parts) => parts.length > 0, 'expected at least one value')

export const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, { error: `expected one of ${values.join(', ')}` })

export const number = (min: number, max = Number.MAX_VALUE) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, { error: `expected a number from ${min}`, abort: true })
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected a number from ${min} to ${max}`)

export const integer = (min: number, max: number) =>
  z
    .string()
    .refine(
      (value) => /^\d{1,9}$/.test(value) && +value >= min && +value <= max,
      `expected a whole number from ${min} to ${max}`,
    )
    .transform(Number)

export const address = (protocols: string[], example: string) =>
  z.string().refine((value) => protocols.includes(urlOf(value)?.protocol ?? ''), {
    error: `expected something like ${example}`,
    abort: true,
  })

export const postgres = address(['postgres:', 'postgresql:'], 'postgres://user:password@host:5432/tenon')

/** Options of the client can't be smuggled in with the address. */
export const redis = address(['redis:', 'rediss:'], 'redis://user:password@host:6379').refine((value) => {
  const { pathname, search, hash, hostname } = new URL(value)
  return hostname !== '' && /^\/?\d{0,4}$/.test(pathname) && search === '' && hash === ''
}, 'expected an address without options, with no path but the number of a database, like /0')

const originExpected = 'expected an origin like https://tenon.example.com, without a path'

export const origin = z
  .string()
  .refine(isOrigin, originExpected)
  .transform((value) => new URL(value).origin)

export const origins = list
  .refine((values) => values.every(isOrigin), `${originExpected}; several with commas`)
  .transform((values) => values.map((value) => new URL(value).origin))

const minimumSecretLength = 32

export const secrets = list
  .refine((values) => values.every((value) => value.length >= minimumSecretLength), {
    error: `each secret needs at least ${minimumSecretLength} characters; several with commas, the first signs`,
  })
  .transform(([first = '', ...older]): readonly [string, ...string[]] => [first, ...older])

export const addresses = list.refine(
  (values) => values.every(isNetwork),
  'expected addresses or networks like 10.0.0.0/8, with commas; not of everything (/0)',
)

function isOrigin(value: string): boolean {
  const url = urlOf(value)
  if (!url || !/^https?:$/.test(url.protocol)) return false
  return url.pathname === '/' && !url.search && !url.hash && !url.username && !url.password
}

function isNetwork(value: string): boolean {
  const [ip = '', bits, ...rest] = value.split('/')
  const version = isIP(ip)
  // A network of everything would trust whatever anybody says.
  const isWithin = bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && +bits <= (version === 4 ? 32 : 128))
  return version !== 0 && isWithin && rest.length === 0
}

const urlOf = (value: string) => (URL.canParse(value) ? new URL(value) : undefined)
