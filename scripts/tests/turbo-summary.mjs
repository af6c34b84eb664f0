import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../set-up/paths.mjs'

const folder = join(root, '.turbo/runs')

export function forgetSummaries() {
  rmSync(folder, { recursive: true, force: true })
}

/**
 * What turbo did for each task. One that never ran, because another before it failed, has not passed.
 *
 * @returns {{ task: string, name: string, folder: string, passed: boolean }[]}
 */
export function readTasks() {
  const [file] = readFolder()
  if (!file) return []
  const { tasks } = JSON.parse(readFileSync(join(folder, file), 'utf8'))
  return tasks
    .filter(({ command }) => command !== '<NONEXISTENT>')
    .map(({ task, package: name, directory, execution }) => {
      return { task, name, folder: join(root, directory), passed: execution?.exitCode === 0 }
    })
}

function readFolder() {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
