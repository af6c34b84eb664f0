import { cpSync, existsSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { canEnter, type Account } from './account.ts'
import { readRecord, type ClusterRecord } from './record.ts'
import { placeOnShelf } from './shelf.ts'

/**
 * The cluster a data folder already has, if any. It lives in the folder, or on the shelf when its user
 * cannot enter the folder.
 */
export function findCluster(folder: string, record = readRecord(folder)): string | undefined {
  const inside = insideOf(folder)
  const path = existsSync(inside) ? inside : record && recordedPath(folder, record)
  return path && existsSync(join(path, 'PG_VERSION')) ? path : undefined
}

/** Where a new cluster of this folder belongs. */
export function newClusterPath(
  folder: string,
  account: Account,
  onProgress: (message: string) => void,
): string {
  if (canEnter(account, folder)) return insideOf(folder)
  const path = placeOnShelf(folder)
  if (existsSync(path)) setAside(path, onProgress)
  return path
}

/** A folder that was closed to PostgreSQL's user after the cluster was made in it: the cluster moves out. */
export function makeReachable(folder: string, cluster: string, account: Account): string {
  if (cluster !== insideOf(folder) || canEnter(account, folder)) return cluster
  const path = placeOnShelf(folder)
  moveFolder(cluster, path)
  return path
}

function insideOf(folder: string) {
  return join(folder, 'postgres')
}

// The folder was moved: its cluster still is its own. It was copied: the cluster is the original's.
function recordedPath(folder: string, record: ClusterRecord): string | undefined {
  const isMine = record.folder === folder || readRecord(record.folder)?.path !== record.path
  return isMine ? record.path : undefined
}

// The data folder was deleted, or the checkout was made again in the same place: someone wanted a fresh
// start. The last cluster is kept all the same, the one before it is not.
function setAside(path: string, onProgress: (message: string) => void) {
  onProgress(`the data folder is new: an earlier database of this place is kept as ${basename(path)}.old`)
  rmSync(`${path}.old`, { recursive: true, force: true })
  renameSync(path, `${path}.old`)
}

function moveFolder(from: string, to: string) {
  try {
    renameSync(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error
    const draft = join(dirname(to), `${basename(to)}.${process.pid}`)
    cpSync(from, draft, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
    renameSync(draft, to)
    rmSync(from, { recursive: true })
  }
}
