export { appRouter, type AppRouter, type ProcedureErrors } from './router.ts'
export { createContext, type Context, type IncomingRequest, type OutgoingHeaders } from './context.ts'
export { createDatabase, type Database } from './db.ts'
export type { Deps, Log, Settings } from './deps.ts'
export {
  commonErrors,
  errorCatalogue,
  type ErrorBody,
  type ErrorCode,
  type ErrorData,
} from './error-codes.ts'
export { declaredErrors } from './declared-errors.ts'
export { fail, Failure, toFailure, validationFailure } from './errors.ts'
export { jobs } from './features/index.ts'
export { createPasswordHasher } from './features/auth/hasher.ts'
export { readSessionCookie } from './features/auth/session-cookie.ts'
export { publicKeys, rotateSigningKeys } from './features/auth/signing-keys.ts'
export { roles, type Role } from './features/auth/roles.ts'
export { create as userCreate } from './features/users/input.ts'
export { hasAdmin, hasUsers } from './features/users/queries.ts'
export { createVerifiedUser, exportUser, promoteUser } from './features/users/users.ts'
export { startRunner, type JobRunner } from './jobs/runner.ts'
export { createLimits } from './limits.ts'
export { mailCatalogue, previewMail } from './mail/catalogue.ts'
export { createDevMailbox, type CapturedMail, type DevMailbox } from './mail/dev-mailbox.ts'
export { escapeHtml } from './mail/escape-html.ts'
export type { Mailer } from './mail/mailer.ts'
export { createSmtpMailer } from './mail/smtp-mailer.ts'
export type { Meta } from './meta.ts'
export { migrate, migrationStatus } from './migrate.ts'
export { createRedis } from './redis.ts'
export { openApiDocument } from './rest/document.ts'
export { readInput } from './rest/input.ts'
export { restOperations, type Operation } from './rest/operations.ts'
