import { EventEmitter, once } from 'node:events'

/** What was acknowledged to those who wrote, and what was refused. */
export function createWritten() {
  const news = new EventEmitter()
  const written = { users: [], drafts: [], refused: [], retries: 0, cut: 0, lost: 0, replayed: 0 }
  const count = () => written.users.length + written.drafts.length + written.refused.length
  return Object.assign(written, {
    add(kind, row) {
      written[kind].push(row)
      news.emit('added')
    },
    /** Resolves when so much was answered. */
    async reaches(mark, signal) {
      while (count() < mark) await once(news, 'added', { signal })
    },
  })
}
