import { execFileSync, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { makeEnvironment } from '../set-up/environment.mjs'
import { root } from '../set-up/paths.mjs'

/**
 * Runs an experiment on a copy of the tree, installed from the lock file and removed afterwards.
 *
 * @param {(copy: Copy) => void} experiment throws when it did not come out as it should
 */
export function onCopy(experiment) {
  const copy = new Copy(mkdtempSync(join(tmpdir(), 'tenon-copy-')))
  try {
    experiment(copy)
  } catch (error) {
    console.error(`failed: ${error.message}`)
    process.exitCode = 1
  } finally {
    rmSync(copy.folder, { recursive: true, force: true })
  }
}

class Copy {
  constructor(folder) {
    this.folder = folder
    for (const file of git(root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard').split(
      '\0',
    )) {
      if (!file || !existsSync(join(root, file))) continue
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      copyFileSync(join(root, file), join(folder, file))
    }
    // Turbo wants to know what is ignored.
    git(folder, 'init', '--quiet')
    this.run('pnpm', 'install', '--frozen-lockfile', '--trust-lockfile', '--prefer-offline', '--silent')
  }

  files(...patterns) {
    return git(this.folder, 'ls-files', '-z', '--others', '--exclude-standard', ...patterns)
      .split('\0')
      .filter(Boolean)
  }

  /** @param {(text: string) => string} change */
  edit(file, change) {
    const path = join(this.folder, file)
    writeFileSync(path, change(readFileSync(path, 'utf8')))
  }

  remove(path) {
    rmSync(join(this.folder, path), { recursive: true })
  }

  /** What a program prints; throws with it when it fails. */
  run(program, ...args) {
    const { passed, output } = this.try(program, ...args)
    if (!passed) throw new Error(`${program} ${args.join(' ')}\n${output}`)
    return output
  }

  try(program, ...args) {
    const env = { ...makeEnvironment(), NO_COLOR: '1' }
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: this.folder, env, encoding: 'utf8' })
    return { passed: status === 0, output: `${stdout}${stderr}` }
  }
}

function git(cwd, ...args) {
  return execFileSync('git', args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 })
}
