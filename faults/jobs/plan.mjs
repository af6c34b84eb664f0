import { createChance } from '../seed.mjs'

const queues = ['north', 'south', 'east']
const secondsPerFault = 4

/**
 * What is enqueued and what breaks, when: all by the seed. Half of the jobs come just before something breaks, so that
 * it hits many.
 */
export function makePlan({ jobs, kills, restarts, seed, hasten }) {
  const chance = createChance(seed)
  const seconds = (kills + restarts) * (hasten ? secondsPerFault / 2 : secondsPerFault)
  const faults = faultsOf(chance, { kills, restarts, seconds, hasten })
  const times = Array.from({ length: jobs }, () => timeOf(chance, faults, seconds)).toSorted((a, b) => a - b)
  const all = times.map((at, place) => ({ at, place, ...jobOf(chance, place) }))
  return { faults, groups: groupsOf(chance, all) }
}

function faultsOf(chance, { kills, restarts, seconds, hasten }) {
  const ways = Array.from({ length: restarts }, (_, index) => (index % 2 === 0 ? 'kill' : 'fast'))
  const killed = Array.from({ length: kills }, () => ({ what: 'worker', share: chance.share() }))
  const restarted = ways.map((way) => ({ what: 'postgres', way }))
  // Who lost the database judges nobody for 15 s: a worker that is started behind the last restart does not wait for them.
  const order = hasten
    ? [...chance.shuffled([...killed.slice(1), ...restarted]), ...killed.slice(0, 1)]
    : chance.shuffled([...killed, ...restarted])
  const times = order.map(() => chance.between(1, seconds)).toSorted((a, b) => a - b)
  return order.map((fault, index) => ({ ...fault, at: times[index] }))
}

function timeOf(chance, faults, seconds) {
  if (faults.length === 0 || chance.share() < 0.5) return chance.between(0, seconds)
  return Math.max(0, chance.oneOf(faults).at - chance.between(0.05, 0.4))
}

function jobOf(chance, place) {
  const key = `job ${place}`
  const share = chance.share()
  const kind = chance.share()
  if (kind < 0.2) return { key, share, ms: chance.whole(200, 500) }
  if (kind < 0.35) return { key, share, ms: chance.whole(1, 60), queue: chance.oneOf(queues) }
  return { key, share, ms: chance.whole(1, 20) }
}

/** Those of one transaction. */
function groupsOf(chance, jobs) {
  const groups = []
  for (let index = 0; index < jobs.length;) {
    const size = chance.whole(1, 8)
    groups.push(jobs.slice(index, index + size))
    index += size
  }
  return groups
}
