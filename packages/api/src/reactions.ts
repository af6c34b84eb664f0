import type { Transaction } from 'kysely'
import type { Database } from './db.ts'

/** Something that happened in a feature, as those on its right may want to know. */
export interface Fact<Content extends object> {
  name: string
  /** Never there: it carries the type. */
  content?: Content
}

export interface Reaction {
  fact: Fact<object>
  run(trx: Transaction<Database>, content: object): Promise<void>
}

/**
 * A fact is a value of the feature that states it: `react` infers what belongs to it.
 * @example export const postPublished = defineFact<{ postId: string }>('post.published')
 */
export const defineFact = <Content extends object>(name: string): Fact<Content> => ({ name })

/** Runs in the transaction of the fact, so it is short and leaves the rest to a job. List it in the feature's reactions. */
export const reactionTo = <Content extends object>(
  fact: Fact<Content>,
  run: (trx: Transaction<Database>, content: Content) => Promise<void>,
): Reaction => ({
  fact,
  // Whoever reacts to this fact is given what `react` was given for it.
  run: (trx, content) => run(trx, content as Content),
})

let declared: readonly Reaction[] = []

/** Called once by `router.ts`, which knows every feature; those that state facts are left of those that react. */
export function declareReactions(reactions: readonly Reaction[]): void {
  declared = reactions
}

/**
 * What must follow from it, follows if and only if it commits.
 * @example await react(trx, postPublished, { postId })
 */
export async function react<Content extends object>(
  trx: Transaction<Database>,
  fact: Fact<Content>,
  content: Content,
): Promise<void> {
  for (const reaction of declared) if (reaction.fact === fact) await reaction.run(trx, content)
}
