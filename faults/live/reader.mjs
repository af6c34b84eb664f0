import { EventEmitter, once } from 'node:events'

/** Somebody's stream, and all that it brought. */
export function openReader(client, topics, opened) {
  const news = new EventEmitter()
  const reader = { events: [], state: 'connecting', timesLive: 0, refusal: undefined, until }
  const { unsubscribe } = client.live.stream.subscribe(
    { topics },
    {
      onData({ data: event }) {
        reader.events.push({ ...event, arrivedAt: performance.now() })
        news.emit('news')
      },
      onStateChange(state) {
        reader.state = state
        if (state === 'live') reader.timesLive++
        news.emit('news')
      },
      onError(error) {
        reader.refusal = error
        news.emit('news')
      },
    },
  )
  opened.defer(unsubscribe)
  return reader

  /** @param {() => boolean} isSo looked at whenever something happens */
  async function until(isSo, signal) {
    while (!isSo()) {
      if (reader.refusal) throw reader.refusal
      await once(news, 'news', { signal })
    }
  }
}
