/** A callback whose errors are its owner's: they go where uncaught ones go, and the stream goes on. */
export function unharmed<Args extends unknown[]>(callback: (...args: Args) => void): (...args: Args) => void {
  return (...args) => {
    try {
      callback(...args)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
