import type { ZodType } from 'zod'
import type { Permission } from './features/auth/permissions.ts'

/** What is known of a procedure at runtime. It stays out of the client's types. */
export interface Meta {
  /** The REST route, `'GET /users/{id}'`, under `/api/v1`. A procedure without one is tRPC's alone. */
  rest?: `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`
  /** Of a success on REST; 200 unless stated, 204 where the output is null. */
  status?: 200 | 201 | 202
  /** Where the created object lives, `'/users/{id}'`, filled in from the output. */
  location?: `/${string}`
  /** Of a subscription: an event of its stream. */
  streamOf?: ZodType
  summary?: string
  description?: string
  /** An `Idempotency-Key` holds for it. Set by `.concat(idempotent)`, not by hand. */
  idempotent?: boolean
  /** Set by the rung of the ladder, not by hand. */
  access?: 'public' | 'user' | 'session' | 'verified' | 'recent' | 'permitted'
  /** What the role of whoever calls must hold; with `access: 'permitted'`. Set by the rung, too. */
  permission?: Permission
  /** With `access: 'permitted'`: asks for a recent sign-in, too. */
  isRecent?: boolean
}
