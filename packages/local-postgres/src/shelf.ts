import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

const shelf = '/var/lib/tenon'

/** Where root keeps what PostgreSQL's user must reach; made enterable whatever the umask. */
export function ownShelf(): string {
  if (!existsSync(shelf)) {
    mkdirSync(shelf, { recursive: true })
    chmodSync(shelf, 0o755)
  }
  return shelf
}

export function placeOnShelf(folder: string): string {
  return join(ownShelf(), createHash('sha256').update(folder).digest('hex').slice(0, 16))
}
