import { setTimeout as sleep } from 'node:timers/promises'
import { makeDead } from '../hasten.mjs'

/** Does what is planned, each when its mark is reached and the stream is on; at times it still catches up. */
export async function breakAll(
  { faults },
  { servers, postgres, way, reader, progress, ask, hasten, signal },
) {
  const breakings = { cut, postgres: restart, server: kill }
  const isOn = () => reader.state === 'live'
  for (const fault of faults) {
    await progress.reaches(fault.mark, signal)
    await reader.until(isOn, signal)
    await sleep(fault.pauseMs, undefined, { signal })
    await reader.until(isOn, signal)
    await breakings[fault.what](fault)
    progress.faultIsOver()
  }

  async function cut({ leadTo }) {
    way.cut()
    way.leadTo(leadTo)
    await reader.until(() => !isOn(), signal)
  }

  async function restart(fault) {
    await postgres.restart(fault.way)
  }

  /** The server that the stream is on. */
  async function kill({ leadTo }) {
    const victim = servers[way.place()]
    way.leadTo(leadTo)
    const pid = await victim.killAndStart()
    if (hasten) await makeDead(ask, pid)
  }
}
