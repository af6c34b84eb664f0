import { loadavg } from 'node:os'
import { median, quantile } from '../../bench/figures.mjs'

/** What arrived, and what should have. */
export function count({ options, latency, reader, log, last, left, stopped, written }) {
  const { messages, events, cuts, kills } = options
  const arrived = upTo(last, reader.events)
  const posts = arrived.filter(({ topic }) => topic === 'posts')
  return [
    ...latencies(options, latency),
    {
      name: 'messages that arrived on the other server',
      value: latency.arrived,
      least: messages,
      most: messages,
    },
    { name: 'posts acknowledged', value: written.posts.size, least: events, most: events },
    { name: 'calls refused', value: written.refused.length, most: 0 },
    { name: 'events in the log', value: log.length },
    { name: 'events missing', value: without(log, idsOf(arrived)).length, most: 0 },
    { name: 'events doubled', value: arrived.length - new Set(idsOf(arrived)).size, most: 0 },
    { name: 'events of nobody', value: without(idsOf(arrived), log).length, most: 0 },
    { name: 'events out of the order of the log', value: differences(idsOf(arrived), log), most: 0 },
    { name: 'events out of the order of their author', value: disordered(posts, written.posts), most: 0 },
    { name: 'posts not told', value: without([...written.posts.keys()], postIdsOf(posts)).length, most: 0 },
    { name: 'posts told twice', value: posts.length - new Set(postIdsOf(posts)).size, most: 0 },
    {
      name: 'posts written twice',
      value: without(postIdsOf(posts), [...written.posts.keys()]).length,
      most: 0,
    },
    // The last one is notified of when it has arrived.
    { name: 'notifications', value: notificationsIn(arrived), least: events - 1, most: events - 1 },
    {
      name: 'streams begun anew',
      value: reader.events.filter(({ topic }) => topic === 'stream').length,
      most: 0,
    },
    { name: 'reconnections', value: reader.timesLive - 1, least: cuts + kills },
    { name: 'jobs not done', value: left, most: 0 },
    { name: 'connections of authors that were cut or refused', value: written.cut },
    { name: 'answers to authors that were lost', value: written.lost },
    { name: 'calls repeated by authors, when the SDK had given up', value: written.retries },
    { name: 'answers given again', value: written.replayed },
    { name: 'servers that did not stop', value: stopped.filter((hasEnded) => !hasEnded).length, most: 0 },
    { name: 'load of the machine at the end', value: tenths(loadavg()[0]) },
  ]
}

function latencies({ median: most }, { sinceCall, sinceAnswer, load }) {
  if (sinceCall.length === 0) return []
  return [
    { name: 'a message arrives after its call, ms, median', value: tenths(median(sinceCall)), most },
    { name: 'a message arrives after its call, ms, p99', value: tenths(quantile(sinceCall, 0.99)) },
    { name: 'a message arrives after its answer, ms, median', value: tenths(median(sinceAnswer)) },
    { name: 'a message arrives after its answer, ms, p99', value: tenths(quantile(sinceAnswer, 0.99)) },
    { name: 'load of the machine meanwhile', value: tenths(load) },
  ]
}

const tenths = (ms) => Math.round(ms * 10) / 10

const idsOf = (events) => events.map(({ id }) => id)
const postIdsOf = (posts) => posts.map(({ data }) => data.postId)

/** What came until a post did; all, if it did not come. */
function upTo(postId, events) {
  const place = events.findLastIndex(({ data }) => data.postId === postId)
  return place < 0 ? events : events.slice(0, place + 1)
}

function without(ids, others) {
  const known = new Set(others)
  return ids.filter((id) => !known.has(id))
}

/** How many do not stand where they should among those that both have. */
function differences(ids, log) {
  const places = new Map(log.map((id, place) => [id, place]))
  const known = ids.filter((id) => places.has(id)).map((id) => places.get(id))
  return known.filter((place, index) => index > 0 && place < known[index - 1]).length
}

function disordered(posts, acknowledged) {
  const latest = new Map()
  return posts.filter(({ data }) => {
    const by = acknowledged.get(data.postId)
    if (!by) return false
    const isLate = by.number < (latest.get(by.author) ?? 0)
    latest.set(by.author, by.number)
    return isLate
  }).length
}

/** Each post is notified of once. */
const notificationsIn = (events) =>
  new Set(events.filter(({ data }) => data.kind === 'post.published').map(({ data }) => data.notificationId))
    .size
