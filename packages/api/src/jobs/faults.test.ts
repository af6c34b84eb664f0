import { expect, it } from 'vitest'
import { runFaults } from '../testing/fault-run.ts'

it(
  'every job is done, and no innocent one fails, while workers and PostgreSQL are killed',
  { timeout: 180_000 },
  async () => {
    const counts = ['--jobs=150', '--kills=3', '--restarts=1']
    const { code, output } = await runFaults('jobs', ...counts, '--hasten')
    expect(output).toMatch(/^jobs +150/m)
    expect(output).toMatch(/^effects missing +0 /m)
    expect(code, output).toBe(0)
  },
)
