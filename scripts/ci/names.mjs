// What must not be in the repository: paths of a committer's machine, and in lock files the name of a
// registry, which others may not reach.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { root } from '../set-up/paths.mjs'

const lockFile = /(^|\/)(pnpm-lock\.yaml|package-lock\.json)$/
const registry = /^\s*"?(resolved|tarball)"?:.*:\/\//m
// As macOS writes it: `/users/…` is a route of the API.
const homes = /(?<![\w.$}])\/(?:home|Users)\/[a-z]\w+\//
const here = [root.replace(/\/$/, ''), homedir()].filter((path) => path.split('/').length > 2)

const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0')
const findings = files.filter((file) => file && existsSync(join(root, file))).flatMap(check)

for (const finding of findings) console.error(finding)
console.log(`${files.length - 1} files: ${findings.length || 'no'} names that belong to a machine`)
process.exitCode = findings.length > 0 ? 1 : 0

function check(file) {
  const text = readFileSync(join(root, file), 'utf8')
  return [
    ...(lockFile.test(file) && registry.test(text) ? [`${file}: names the host of a registry`] : []),
    ...(homes.test(text) ? [`${file}: has a path in somebody's home`] : []),
    ...here.filter((path) => text.includes(`${path}/`)).map(() => `${file}: has a path of this machine`),
  ]
}
