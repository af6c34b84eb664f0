import type { Generated } from 'kysely'

export interface JobsTables {
  workers: {
    /** The pool that Graphile Worker locks jobs with. */
    id: string
    seenAt: Generated<Date>
  }
}
