import type pg from 'pg'
import { statementsOf, type Statement } from './statements.ts'

/** SQL for a UUIDv7 of a made-up time, so that ids are in the order of the number. */
export const idOf = (number: string) =>
  `(lpad(to_hex(1700000000000 + ${number} * 1000), 12, '0') || '70008000000000000000'::text)::uuid`

interface Plan {
  'Node Type': string
  'Index Name'?: string
  'Relation Name'?: string
  Plans?: Plan[]
}

export interface Plans {
  /** Names of the indexes that are used. */
  indexes: string[]
  /** Tables that are read from end to end. */
  scanned: string[]
  sorts: number
}

/** How PostgreSQL plans the reads, updates and deletions that `work` makes. */
export async function plansOf(client: pg.Client, work: () => Promise<unknown>): Promise<Plans> {
  const nodes: Plan[] = []
  for (const { text, values } of (await statementsOf(work)).filter(isPlanned)) {
    const { rows } = await client.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(
      `explain (format json) ${text}`,
      values,
    )
    nodes.push(...nodesOf(rows[0]!['QUERY PLAN'][0]!.Plan))
  }
  return {
    indexes: [...new Set(nodes.flatMap((node) => node['Index Name'] ?? []))].toSorted(),
    scanned: nodes.flatMap((node) => (node['Node Type'] === 'Seq Scan' ? (node['Relation Name'] ?? []) : [])),
    sorts: nodes.filter((node) => node['Node Type'] === 'Sort').length,
  }
}

const isPlanned = ({ text }: Statement) => /^\s*(select|delete|update)/.test(text)

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]
