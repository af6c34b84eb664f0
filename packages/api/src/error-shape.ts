import type { TRPC_ERROR_CODE_NUMBER } from '@trpc/server/rpc'
import type { ErrorData } from './error-codes.ts'

/** What tRPC answers under `error`. `code` is JSON-RPC's; Tenon's own is in `data`. */
export interface ErrorShape {
  code: TRPC_ERROR_CODE_NUMBER
  message: string
  data: ErrorData
}
