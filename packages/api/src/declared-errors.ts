import type { ErrorCode } from './error-codes.ts'

/** Codes by procedure, nested like the router: `{ users: { create: ['EMAIL_TAKEN'] } }`. */
export interface ErrorTree {
  readonly [name: string]: readonly ErrorCode[] | ErrorTree
}

let declared: ErrorTree = {}

/** Called once by `router.ts`, which knows every feature; `trpc.ts`, which every feature imports, can't. */
export function declareErrors(tree: ErrorTree): void {
  declared = tree
}

/** The specific codes that a procedure, named by its path, says it raises. */
export function declaredErrors(path: string): readonly ErrorCode[] {
  let node: ErrorTree | readonly ErrorCode[] | undefined = declared
  for (const name of path.split('.'))
    node = isTree(node) && Object.hasOwn(node, name) ? node[name] : undefined
  return node && !isTree(node) ? node : []
}

function isTree(node: ErrorTree | readonly ErrorCode[] | undefined): node is ErrorTree {
  return node !== undefined && !Array.isArray(node)
}
