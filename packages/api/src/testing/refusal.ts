import { toFailure } from '../errors.ts'

/** What a call was refused with, as a client would see it. */
export async function refusalOf(call: Promise<unknown>) {
  const answer = await call.then(
    (value) => ({ value }),
    (error: unknown) => toFailure(error),
  )
  if ('value' in answer) throw new Error(`Not refused, but answered ${JSON.stringify(answer.value)}`)
  const { apiCode: code, status, message, details } = answer
  return { code, status, message, details }
}
