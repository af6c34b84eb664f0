import { writeFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import {
  appRouter,
  byJobId,
  createVerifiedUser,
  exportUser,
  migrate,
  migrationStatus,
  openApiDocument,
  promoteUser,
  restOperations,
  retryFailedJobs,
  retryJob,
  roles,
  rotateSigningKeys,
  userCreate,
  validationFailure,
  type Role,
} from '@tenon/api'
import type { z } from 'zod'
import { withDatabase, withDeps } from './operator.ts'

export class UsageError extends Error {}

/** What an operator can do, by name. A command takes its arguments and returns what is printed. */
export const commands: Readonly<Record<string, (args: string[]) => Promise<unknown>>> = {
  async migrate(args) {
    const { values } = parse(args, { status: { type: 'boolean' } })
    return withDatabase<unknown>(async ({ directUrl, log }) => {
      if (!values.status) return migrate(directUrl, { log })
      const all = await migrationStatus(directUrl, { log })
      return all.map(({ name, executedAt = null }) => ({ name, executedAt }))
    })
  },

  async 'user create'(args) {
    const string = { type: 'string' } as const
    const { values } = parse(args, {
      email: string,
      username: string,
      role: string,
      'password-stdin': { type: 'boolean' },
    })
    const { email, username, role = 'user' } = values
    if (!email) throw missing('--email')
    if (!username) throw missing('--username')
    if (!values['password-stdin']) throw missing('--password-stdin')
    if (!isRole(role)) throw unknownRole()
    const password = (await text(process.stdin)).replace(/\r?\n$/, '')
    const given = read(userCreate, { email, username, password })
    return withDeps((deps) => createVerifiedUser(deps, given, role))
  },

  async 'user promote'(args) {
    const { values, positionals } = parse(args, { role: { type: 'string' } }, 1)
    const { role = 'admin' } = values
    if (!isRole(role)) throw unknownRole()
    const email = readAddress(positionals)
    return withDeps((deps) => promoteUser(deps, email, role))
  },

  async 'user export'(args) {
    const email = readAddress(parse(args, {}, 1).positionals)
    return withDeps((deps) => exportUser(deps, email))
  },

  async 'jobs retry'(args) {
    const isAll = args.includes('--failed')
    const { positionals } = parse(args, { failed: { type: 'boolean' } }, isAll ? 0 : 1)
    if (isAll) return withDeps((deps) => retryFailedJobs(deps, {}, Infinity))
    const { id } = read(byJobId, { id: positionals[0] })
    return withDeps((deps) => retryJob(deps, id))
  },

  async openapi(args) {
    const { out } = parse(args, { out: { type: 'string' } }).values
    const document = openApiDocument(restOperations(appRouter))
    if (!out) return document
    await writeFile(out, JSON.stringify(document, null, 2) + '\n')
    return { written: out }
  },

  async 'keys rotate'(args) {
    parse(args, {})
    return withDeps((deps) => rotateSigningKeys(deps))
  },
}

function parse<const Options extends ParseArgsOptionsConfig>(args: string[], options: Options, wanted = 0) {
  try {
    const parsed = parseArgs({ args, options, allowPositionals: wanted > 0, strict: true })
    if (parsed.positionals.length === wanted) return parsed
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'wrong arguments')
  }
  throw new UsageError('an argument is missing or too many')
}

function read<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw validationFailure(parsed.error)
  return parsed.data
}

const readAddress = ([email]: string[]) => read(userCreate.pick({ email: true }), { email }).email

const isRole = (name: string): name is Role => (roles as readonly string[]).includes(name)

const missing = (option: string) => new UsageError(`${option} is missing`)

const unknownRole = () => new UsageError(`--role is one of ${roles.join(', ')}`)
