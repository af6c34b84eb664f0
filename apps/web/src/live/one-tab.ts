/** Runs in one tab at a time; when that one is closed, in another. Ends with the signal. */
export async function holdWhileMine(name: string, signal: AbortSignal, run: () => Promise<void>) {
  // Locks are there on https and localhost only. Elsewhere each tab is on its own.
  if (!('locks' in navigator)) return run()
  try {
    await navigator.locks.request(name, { signal }, run)
  } catch {
    // A browser that may keep nothing refuses them, too.
    if (!signal.aborted) await run()
  }
}
