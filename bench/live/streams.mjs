import { Agent, request } from 'node:http'

const paths = {
  rest: '/api/v1/live?topics=notifications',
  trpc: `/trpc/live.stream?input=${encodeURIComponent('{"topics":["notifications"]}')}`,
}

/** So many streams for each person, of which it is counted what arrives. */
export async function openStreams(url, transport, people, perPerson) {
  const agent = new Agent({ maxSockets: Infinity })
  const counts = new Map(people.map(({ id }) => [id, { seen: 0, wanted: Infinity, arrived() {} }]))
  const calls = []
  for (let n = 0; n < perPerson; n++)
    calls.push(
      ...(await Promise.all(people.map((person) => open(url + paths[transport], person, agent, counts)))),
    )
  return {
    people,
    count: calls.length,
    /** When as many more events of this person have arrived, on all their streams together. */
    arrival(id, wanted) {
      return new Promise((arrived) => counts.set(id, { seen: 0, wanted, arrived }))
    },
    close() {
      for (const call of calls) call.destroy()
      agent.destroy()
    },
  }
}

function open(url, { id, token }, agent, counts) {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent, headers: { authorization: `Bearer ${token}` } })
    call.on('error', reject)
    call.on('response', (response) => {
      if (response.statusCode !== 200) return reject(new Error(`answered ${response.statusCode}`))
      let rest = ''
      response.setEncoding('utf8').on('error', () => {})
      response.on('data', (chunk) => {
        const parts = (rest + chunk).split('"bench.happened"')
        // The mark may be cut in two.
        rest = parts.length === 1 ? parts[0].slice(-40) : parts.at(-1).slice(-40)
        count(counts.get(id), parts.length - 1)
        resolve(call)
      })
    })
    call.end()
  })
}

function count(person, more) {
  person.seen += more
  if (person.seen < person.wanted) return
  person.wanted = Infinity
  person.arrived()
}
