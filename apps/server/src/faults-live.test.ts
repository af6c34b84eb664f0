import { runFaults } from '@tenon/api/testing'
import { expect, it } from 'vitest'

it(
  'a stream brings each event once, in order, while all that carries it breaks',
  { timeout: 300_000 },
  async () => {
    const counts = ['--messages=10', '--events=80', '--cuts=3', '--restarts=1', '--kills=1']
    const { code, output } = await runFaults('live', ...counts, '--median=60000', '--hasten')
    expect(output).toMatch(/^posts acknowledged +80 /m)
    expect(output).toMatch(/^notifications +79 /m)
    expect(code, output).toBe(0)
  },
)
