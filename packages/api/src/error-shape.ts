import type { TRPCDefaultErrorShape } from '@trpc/server'
import type { ErrorData } from './error-codes.ts'

/** What tRPC answers under `error`. `code` is JSON-RPC's; Tenon's own is in `data`. */
export interface ErrorShape {
  code: TRPCDefaultErrorShape['code']
  message: string
  data: ErrorData
}
