import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { say } from './messages.mjs'
import { toolsFolder } from './paths.mjs'

const file = join(toolsFolder, 'set-up.lock')
// No set-up takes so long: its process is gone, and its number another's by now.
const staleAfterMs = 60 * 60 * 1000

/** One set-up at a time: a second one waits, and then finds everything done. */
export async function withLock(work) {
  mkdirSync(toolsFolder, { recursive: true })
  let told = false
  while (!tryTake()) {
    const holder = readHolder()
    if (holder === undefined) rmSync(file, { force: true })
    else if (!told) told = say(`another set-up is running (process ${holder}); waiting for it …`) ?? true
    await sleep(200)
  }
  const release = () => rmSync(file, { force: true })
  process.on('exit', release)
  try {
    return await work()
  } finally {
    process.removeListener('exit', release)
    release()
  }
}

function tryTake() {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function readHolder() {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    if (statSync(file).mtimeMs < Date.now() - staleAfterMs) return undefined
    process.kill(pid, 0)
    return pid
  } catch (error) {
    return error.code === 'EPERM' ? 0 : undefined
  }
}
