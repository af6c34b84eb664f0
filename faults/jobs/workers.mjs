import { setTimeout as sleep } from 'node:timers/promises'
import { startProgram } from '../programs.mjs'

const program = new URL('worker.mjs', import.meta.url)

/** Processes that run jobs. */
export function startWorkers(count, { url, opened }) {
  const logged = []
  const workers = Array.from({ length: count }, start)
  opened.defer(() => Promise.all(workers.map((worker) => worker.kill())))

  function start() {
    const worker = startProgram(program, { DATABASE_URL: url }, (line) => {
      const entry = parse(line)
      if (entry.isReady) worker.isReady = true
      else logged.push({ pid: worker.pid, ...entry })
    })
    return worker
  }

  return {
    logged,
    /** Resolves when all of them are at work. */
    async ready(signal) {
      while (workers.some(({ isReady }) => !isReady)) await sleep(20, undefined, { signal })
    },
    /** One of those that are at work. @param {number} share which one */
    async choose(share, signal) {
      for (;;) {
        const atWork = workers.filter(({ isReady }) => isReady)
        if (atWork.length > 0) return atWork[Math.floor(share * atWork.length)]
        await sleep(20, undefined, { signal })
      }
    },
    /** Kills this one, and starts another. @returns when */
    async kill(worker) {
      await worker.kill()
      const at = Date.now()
      workers[workers.indexOf(worker)] = start()
      return at
    },
    /** Those that ended by themselves. */
    lost: () => workers.filter((worker) => !worker.isRunning()).length,
    /** @returns how many did not end in time */
    async stop() {
      const ended = await Promise.all(workers.map((worker) => worker.end(20_000)))
      return ended.filter((hasEnded) => !hasEnded).length
    },
  }
}

/** What Node or a library prints is none of ours. */
function parse(line) {
  try {
    return JSON.parse(line)
  } catch {
    return { message: line }
  }
}
