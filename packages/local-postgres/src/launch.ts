import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from './account.ts'
import { programEnvironment, type Binaries } from './binaries.ts'
import { LocalPostgresError, noSpace } from './errors.ts'
import { guard } from './guardian.ts'
import { freePort } from './ports.ts'
import { findPostmaster, forgetStranger, type Postmaster } from './postmaster.ts'

export interface Launch {
  binaries: Binaries
  account: Account
  cluster: string
  /** Taken when it is free, else another. */
  port?: number
  logFile: string
  settings: string[]
  /** A folder to remove when the process that launched PostgreSQL dies; none for data that must stay. */
  throwAway?: string
}

/**
 * Starts PostgreSQL in a session of its own, so that a terminal's Ctrl-C leaves it to the server, which
 * stops it last. Should this process die, the guardian stops it.
 */
export async function launchPostmaster(launch: Launch): Promise<Postmaster> {
  forgetStranger(launch.cluster)
  for (let attempt = 1; ; attempt++) {
    const postmaster = await tryLaunch(launch, await freePort(attempt === 1 ? launch.port : 0))
    if (postmaster) return postmaster
    const log = readLog(launch.logFile)
    if (attempt === 20 || !passes.test(log)) throw failure(log, launch.logFile)
    await sleep(250)
  }
}

// Another program was quicker to the port, or children of a killed postmaster are still on their way out, or it has ended
// itself but its parent (we, it may be) has not taken note, so that its id is still taken.
const passes =
  /could not create any TCP|shared memory block .* still in use|lock file "postmaster.pid" already exists/

async function tryLaunch(launch: Launch, port: number): Promise<Postmaster | undefined> {
  const { account, binaries, cluster } = launch
  const log = openLog(launch.logFile)
  const child = spawn(join(binaries.native, 'bin/postgres'), commandLine(launch, port), {
    ...account,
    cwd: '/',
    env: programEnvironment(binaries),
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.unref()
  const over = new AbortController()
  child.once('error', () => over.abort())
  child.once('exit', () => over.abort())
  if (child.pid) over.signal.addEventListener('abort', guard(child.pid, launch))
  return readiness(cluster, over.signal)
}

function commandLine({ cluster, settings }: Launch, port: number) {
  const all = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', ...settings]
  return ['-D', cluster, ...all.flatMap((setting) => ['-c', setting])]
}

async function readiness(cluster: string, over: AbortSignal): Promise<Postmaster | undefined> {
  while (!over.aborted) {
    const postmaster = findPostmaster(cluster)
    if (postmaster?.isReady) return postmaster
    await sleep(15)
  }
  return undefined
}

function openLog(file: string) {
  if (existsSync(file)) renameSync(file, `${file}.1`)
  return openSync(file, 'a', 0o600)
}

function readLog(file: string) {
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

function failure(log: string, logFile: string) {
  if (/No space left on device/.test(log)) return noSpace('its data folder')
  const reason = /(?:FATAL|PANIC): {2}(.*)/.exec(log)?.[1] ?? 'it ended at once'
  return new LocalPostgresError(`PostgreSQL did not start: ${reason} (log: ${logFile})`)
}
