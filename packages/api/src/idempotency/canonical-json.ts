/** The same for the same value, in whatever order its keys came. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, node: unknown) => (isRecord(node) ? sorted(node) : node)) ?? 'null'
}

const isRecord = (node: unknown): node is object =>
  typeof node === 'object' && node !== null && !Array.isArray(node)

const sorted = (node: object) =>
  Object.fromEntries(Object.entries(node).toSorted(([a], [b]) => (a < b ? -1 : 1)))
