import type { Job } from './define.ts'

let declared: readonly Job[] = []

/** Called once by `router.ts`, which knows every feature; the one that operates jobs is a feature itself. */
export function declareJobs(jobs: readonly Job[]): void {
  declared = jobs
}

export const declaredJobs = (): readonly Job[] => declared
