import { Failure } from '@tenon/api'
import { commands, UsageError } from './commands.ts'
import { explain, progress } from './start-up.ts'

const usage = `Usage: npm run cli -- <command>
  migrate [--status]
  user create --email <address> --username <name> [--role <role>] --password-stdin
  user promote <address> [--role <role>]
  user export <address>
  jobs retry <id> | --failed
  openapi [--out <file>]
  keys rotate`

/** JSON on stdout, everything else on stderr; exit 1 on failure, 2 on wrong usage. */
try {
  // Who reads only the beginning, like `head`, has what they wanted.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  process.stdout.write(await run(process.argv.slice(2)))
} catch (error) {
  process.exitCode = report(error)
}

async function run(args: string[]): Promise<string> {
  if (args.includes('--help') || args.includes('-h')) return usage + '\n'
  for (const length of [1, 2]) {
    const name = args.slice(0, length).join(' ')
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (command) return JSON.stringify(await command(args.slice(length)), null, 2) + '\n'
  }
  throw new UsageError(args.length > 0 ? `unknown command: ${args.join(' ')}` : 'no command given')
}

function report(error: unknown): number {
  if (error instanceof UsageError) {
    progress(error.message)
    process.stderr.write(usage + '\n')
    return 2
  }
  for (const line of toLines(error)) progress(line)
  return 1
}

function toLines(error: unknown): string[] {
  if (!(error instanceof Failure)) return explain(error).split('\n')
  const { fields = {} }: { fields?: Record<string, string[]> } = error.details
  const lines = Object.entries(fields).map(([name, messages]) => `${name}: ${messages.join('; ')}`)
  return [`${error.apiCode}: ${error.message}`, ...lines]
}
