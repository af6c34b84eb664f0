import { EventEmitter, once } from 'node:events'

/** How far writers and faults have come; they wait for each other, so that each fault comes in the midst of writing. */
export function createProgress({ room }) {
  const news = new EventEmitter()
  const written = { posts: new Map(), refused: [], retries: 0, cut: 0, lost: 0, replayed: 0 }
  let begun = 0
  let faultsOver = 0
  const answered = () => written.posts.size + written.refused.length
  const until = async (isSo, signal) => {
    while (!isSo()) await once(news, 'news', { signal })
  }
  return {
    written,
    acknowledge(id, by) {
      written.posts.set(id, by)
      news.emit('news')
    },
    refuse(reason) {
      written.refused.push(reason)
      news.emit('news')
    },
    faultIsOver() {
      faultsOver++
      news.emit('news')
    },
    reaches: (mark, signal) => until(() => answered() >= mark, signal),
    async mayWrite(signal) {
      await until(() => begun < room(faultsOver), signal)
      begun++
    },
  }
}
