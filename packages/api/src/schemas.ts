import * as z from 'zod'

/** Text that PostgreSQL and every client can hold: no NUL, no half of a surrogate pair. */
export const text = (min: number, max: number) =>
  z
    .string()
    .min(min)
    .max(max)
    .refine(
      (value) => !value.includes('\0') && value.isWellFormed(),
      'Contains characters that cannot be stored',
    )

/** Text that says something, in one line: in a mail, what follows a break would pass for our own words. */
export const line = (max: number) =>
  text(1, max)
    .regex(/\S/, 'Must not be blank')
    .refine((value) => !/[\p{Cc}\u2028\u2029]/u.test(value), 'Must be one line')

/** A time as clients see it. */
export const time = z.iso.datetime().meta({ example: '2026-01-31T09:30:00.000Z' })

export const id = z.uuid().meta({ example: '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44' })

export const byId = z.strictObject({ id })

/** The output of a procedure that has nothing to say: tRPC null, REST 204. */
export const nothing = z.null()
