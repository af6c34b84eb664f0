/** Writers run so far ahead of what breaks next, so that much is written while a reader is away. */
const lead = 40

/**
 * What breaks, each at a mark: when so many posts are acknowledged. By the seed, as is the server that a post, or the
 * reader from then on, is led to.
 */
export function makePlan(chance, { events, cuts, restarts, kills, hasten }) {
  const either = () => chance.whole(0, 1)
  const cut = Array.from({ length: cuts }, () => ({ what: 'cut', leadTo: either() }))
  const killed = Array.from({ length: kills }, () => ({ what: 'server', leadTo: either() }))
  const ways = Array.from({ length: restarts }, (_, index) => (index % 2 === 0 ? 'fast' : 'kill'))
  const restarted = ways.map((way) => ({ what: 'postgres', way }))
  // Who lost the database judges nobody for 15 s.
  const faults = hasten
    ? [...chance.shuffled([...cut, ...restarted]), ...killed]
    : chance.shuffled([...cut, ...restarted, ...killed])
  const marks = faults.map(() => chance.whole(1, Math.floor(events * 0.95))).toSorted((a, b) => a - b)
  return {
    faults: faults.map((fault, index) => ({ ...fault, mark: marks[index], pauseMs: chance.between(0, 100) })),
    posts: Array.from({ length: events }, (_, number) => ({ number, server: either() })),
    /** How many may be written when so many faults are over. */
    room: (faultsOver) => (marks[faultsOver] ?? events) + lead,
  }
}
