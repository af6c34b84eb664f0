import pg from 'pg'
import { vi } from 'vitest'

export interface Statement {
  text: string
  values: unknown[]
}

/** The SQL that runs while `work` does, transactions' begin and commit included. */
export async function statementsOf(work: () => Promise<unknown>): Promise<Statement[]> {
  const query = vi.spyOn(pg.Client.prototype, 'query')
  try {
    await work()
    return query.mock.calls.map(toStatement)
  } finally {
    query.mockRestore()
  }
}

function toStatement([query, values]: readonly unknown[]): Statement {
  if (typeof query === 'string') return { text: query, values: (values ?? []) as unknown[] }
  const { text, values: own = [] } = query as { text: string; values?: unknown[] }
  return { text, values: own }
}
