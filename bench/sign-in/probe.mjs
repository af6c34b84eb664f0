// Calls at a fixed rate, whether or not earlier ones are answered: else a stall would hide its own victims. In a thread
// of its own, as what 200 clients in one thread do to each other is not what the server does.
import { setTimeout as sleep } from 'node:timers/promises'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { createClient } from '../http.mjs'

const perSecond = 50

/**
 * @param {{ url: string, token: string, paths: Record<string, string>, seconds: number }} given
 * @returns {Promise<Record<string, number[]>>} what each call took in ms, by name
 */
export function probe(given) {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL(import.meta.url), { workerData: given })
    thread.once('message', resolve)
    thread.once('error', reject)
  })
}

if (!isMainThread) parentPort?.postMessage(await callAtFixedRate(workerData))

async function callAtFixedRate({ url, token, paths, seconds }) {
  const client = createClient(url)
  const names = Object.keys(paths)
  const ms = Object.fromEntries(names.map((name) => [name, []]))
  const begun = []
  const startedAt = performance.now()
  for (let turn = 0; turn < seconds * perSecond * names.length; turn++) {
    const dueInMs = startedAt + (turn * 1000) / (perSecond * names.length) - performance.now()
    if (dueInMs > 0) await sleep(dueInMs)
    const name = names[turn % names.length]
    begun.push(client.call('GET', paths[name], { token }).then((answer) => ms[name].push(timeOf(answer))))
  }
  await Promise.all(begun)
  client.close()
  return ms
}

function timeOf({ status, text, ms }) {
  if (status !== 200)
    throw new Error(`a call beside the sign-ins was answered ${status} ${text.slice(0, 200)}`)
  return ms
}
