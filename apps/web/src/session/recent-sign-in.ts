import { hasCode } from '../api/errors.ts'

/** The person would rather not give the password: nothing was done, and nothing failed. */
export class Declined extends Error {}

/**
 * What asks for a recent sign-in asks for the password, and is then called again with what it was called with. Calls
 * that are refused meanwhile wait for the same answer.
 */
export async function withRecentSignIn<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call()
  } catch (error) {
    if (watchers.size === 0 || !hasCode(error, 'REAUTHENTICATION_REQUIRED')) throw error
    if (await ask()) return call()
    throw new Declined()
  }
}

const watchers = new Set<() => void>()
let question: PromiseWithResolvers<boolean> | undefined

export const isAsked = () => question !== undefined

/** For what shows the question. Once nobody does, nobody can answer it. */
export function watchQuestion(onChange: () => void): () => void {
  watchers.add(onChange)
  return () => {
    watchers.delete(onChange)
    if (watchers.size === 0) answer(false)
  }
}

export function answer(isGiven: boolean) {
  question?.resolve(isGiven)
  change(undefined)
}

function ask(): Promise<boolean> {
  const asked = question ?? Promise.withResolvers<boolean>()
  change(asked)
  return asked.promise
}

function change(next: typeof question) {
  question = next
  watchers.forEach((onChange) => onChange())
}
