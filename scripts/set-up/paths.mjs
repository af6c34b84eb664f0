import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** What set-up brings besides packages; a name with a dot, which package managers leave alone. */
export const toolsFolder = join(root, 'node_modules', '.tools')
