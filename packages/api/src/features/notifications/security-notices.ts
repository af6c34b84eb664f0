import { reactionTo } from '../../reactions.ts'
import { accountNoticed } from '../auth/notices.ts'
import { deliver } from './deliver.ts'
import { noticedActions } from './kinds.ts'

/** Beside the mail that always goes, in the same transaction as what happened. */
export const securityReactions = [
  reactionTo(accountNoticed, async (trx, { eventId, userId, action: happened }) => {
    const action = noticedActions.find((candidate) => candidate === happened)
    if (!action) return
    await deliver(trx, [userId], {
      content: { kind: 'security.notice', data: { eventId, action } },
      source: `security.notice:${eventId}`,
      actorId: null,
    })
  }),
]
