/**
 * For works that go on at the same time. When one fails, the others are told to end by the signal, and are waited for: nothing
 * goes on behind it.
 *
 * @param {AbortSignal} stopping
 */
export function expectTogether(stopping) {
  const failing = new AbortController()
  return {
    signal: AbortSignal.any([stopping, failing.signal]),
    async together(works) {
      for (const work of works) work.catch((error) => failing.abort(error))
      await Promise.allSettled(works)
      stopping.throwIfAborted()
      failing.signal.throwIfAborted()
      return Promise.all(works)
    },
  }
}
