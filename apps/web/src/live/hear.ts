import { client } from '../api/client.ts'
import { holdWhileMine } from './one-tab.ts'
import { mayTryAgain } from './refused.ts'

/** Something happened; or nothing is missed from now on, but what is shown may be older than what there is. */
export type Heard =
  | { kind: 'live' }
  | { kind: 'event'; name: string; data: Record<string, unknown>; at: string }

type OnHeard = (heard: Heard) => void

/**
 * Tells each tab of this browser what happens, by one stream: there are six connections to a server for all of them. The
 * tab that holds the stream passes on what it hears; when it goes, another holds one.
 */
export function hear(userId: string, onHeard: OnHeard, signal: AbortSignal) {
  const name = `tenon:live:${userId}`
  const channel = new BroadcastChannel(name)
  channel.addEventListener('message', ({ data }: MessageEvent<Heard>) => onHeard(data))
  signal.addEventListener('abort', () => channel.close())
  onHeard({ kind: 'live' })
  void holdWhileMine(name, signal, () =>
    holdStream((heard) => {
      channel.postMessage(heard)
      onHeard(heard)
    }, signal),
  )
}

/** Until the signal is aborted, or the server refuses for good. */
async function holdStream(onHeard: OnHeard, signal: AbortSignal): Promise<void> {
  for (let refusal; !signal.aborted;) {
    refusal = await ended(onHeard, signal)
    if (!refusal || !(await mayTryAgain(refusal, signal))) return
  }
}

/** What ended it; nothing when the signal did. The SDK brings it back from everything else. */
const ended = (onHeard: OnHeard, signal: AbortSignal) =>
  new Promise<unknown>((resolve) =>
    client.live.stream.subscribe(
      { topics: ['notifications'] },
      {
        signal,
        onStarted: () => onHeard({ kind: 'live' }),
        onData: ({ data: { kind: name, data, at } }) =>
          onHeard(name === 'stream.reset' ? { kind: 'live' } : { kind: 'event', name, data, at }),
        onError: resolve,
        onComplete: () => resolve(undefined),
      },
    ),
  )
