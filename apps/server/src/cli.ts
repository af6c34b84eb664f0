import { Failure } from '@tenon/api'
import { commands, UsageError } from './commands.ts'
import { explain, progress } from './start-up.ts'

const usage = `Usage: npm run cli -- <command>
  migrate [--status]
  user create --email <address> --username <name> [--role <role>] --password-stdin
  user promote <address> [--role <role>]
  openapi [--out <file>]
  keys rotate`

/** JSON on stdout, everything else on stderr; exit 1 on failure, 2 on wrong usage. */
try {
  const result = await run(process.argv.slice(2))
  process.stdout.write(JSON.stringify(result, null, 2) + '\n')
} catch (error) {
  process.exitCode = report(error)
}

function run(args: string[]): Promise<unknown> {
  for (const length of [1, 2]) {
    const command = commands[args.slice(0, length).join(' ')]
    if (command) return command(args.slice(length))
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
