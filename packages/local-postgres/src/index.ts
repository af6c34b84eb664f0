export { LocalPostgresError } from './errors.ts'
export { joinLocalPostgres, startLocalPostgres } from './local-postgres.ts'
export type { LocalPostgres, StartOptions } from './local-postgres.ts'
export { startTestPostgres } from './test-postgres.ts'
