const batch = 500

/** Does a great deal in steps that each fit into a statement's time; until a step finds less than it was given. */
export async function inBatches(
  step: (limit: number) => Promise<number>,
  signal: AbortSignal,
): Promise<void> {
  while ((await step(batch)) === batch) signal.throwIfAborted()
}
