import type { Person } from '@tenon/api/testing'
import type { Row } from './procedure-rows.ts'

/** Of one person, and nobody else's to see. */
export interface Drafts {
  draftId: string
  deletedDraftId: string
}

export async function createDrafts({ calls }: Person): Promise<Drafts> {
  const draft = await calls.posts.create({ title: 'A draft', body: '' })
  const deleted = await calls.posts.create({ title: 'Deleted', body: '' })
  await calls.posts.delete({ id: deleted.id })
  return { draftId: draft.id, deletedDraftId: deleted.id }
}

const ofDraft = ({ draftId }: Drafts) => ({ id: draftId })

export const postRows: Record<string, Row> = {
  'posts.create': { rung: 'user', input: () => ({ title: 'A title', body: 'A body' }) },
  'posts.list': { rung: 'public', input: ({ owner }) => ({ authorId: owner.user.id }) },
  'posts.get': { rung: 'public', input: ofDraft, isOwn: true },
  'posts.update': {
    rung: 'user',
    input: ({ draftId }) => ({ id: draftId, version: 1, title: 'Changed' }),
    isOwn: true,
  },
  'posts.publish': { rung: 'verified', input: ofDraft, isOwn: true },
  'posts.delete': { rung: 'user', input: ofDraft, isOwn: true },
  'posts.restore': { rung: 'user', input: ({ deletedDraftId }) => ({ id: deletedDraftId }), isOwn: true },
}
