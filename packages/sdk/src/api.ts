/**
 * The one place that reaches into the API: by path, because the build takes what it needs of these sources into
 * this package. Of their values only the error lists survive it, of their types only what `AppRouter` says.
 */
export { commonErrors, errorCatalogue } from '../../api/src/error-codes.ts'
export type { ErrorCode, ErrorData, ErrorDetails } from '../../api/src/error-codes.ts'
export type { ErrorShape } from '../../api/src/error-shape.ts'
export { procedureErrors } from '../../api/src/features/index.ts'
export type { AppRouter } from '../../api/src/router.ts'
