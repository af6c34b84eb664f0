import { runFaults } from '@tenon/api/testing'
import { expect, it } from 'vitest'

it('what was acknowledged is there, once, while the server is killed', { timeout: 180_000 }, async () => {
  const counts = ['--users=30', '--drafts=60', '--kills=2']
  const { code, output } = await runFaults('writes', ...counts, '--hasten')
  expect(output).toMatch(/^users acknowledged +30 /m)
  expect(output).toMatch(/^drafts acknowledged +60 /m)
  expect(code, output).toBe(0)
})
