import { auditJobs } from '../audit/jobs.ts'
import type { AuditTables } from '../audit/tables.ts'
import { admin, adminErrors } from './admin/router.ts'
import { authJobs } from './auth/jobs.ts'
import { authPersonalData } from './auth/personal-data.ts'
import { auth, authErrors } from './auth/router.ts'
import type { AuthTables } from './auth/tables.ts'
import { postsJobs } from './posts/jobs.ts'
import { postsPersonalData } from './posts/personal-data.ts'
import { posts, postsErrors, usersWithPosts } from './posts/router.ts'
import type { PostsTables } from './posts/tables.ts'
import { idempotencyJobs } from '../idempotency/jobs.ts'
import type { IdempotencyTables } from '../idempotency/tables.ts'
import type { JobsTables } from '../jobs/tables.ts'
import { limitsJobs } from '../limits/jobs.ts'
import type { LimitsTables } from '../limits/tables.ts'
import type { LiveTables } from '../live/tables.ts'
import { usersJobs } from './users/jobs.ts'
import { usersPersonalData } from './users/personal-data.ts'
import { users as plainUsers, usersErrors } from './users/router.ts'
import type { UsersTables } from './users/tables.ts'

type Users = Omit<typeof plainUsers, keyof typeof usersWithPosts> & typeof usersWithPosts
const users: Users = { ...plainUsers, ...usersWithPosts }

/**
 * The table of contents. A feature is its folder, its migration and its lines here.
 * Each is named by its type, so that go-to-definition leads a client to the procedure rather than here.
 */
export const features: {
  users: typeof users
  auth: typeof auth
  posts: typeof posts
  admin: typeof admin
} = {
  users,
  auth,
  posts,
  admin,
}

export const procedureErrors = {
  users: usersErrors,
  auth: authErrors,
  posts: postsErrors,
  admin: adminErrors,
} as const

export const jobs = [...auditJobs, ...authJobs, ...usersJobs, ...postsJobs, ...limitsJobs, ...idempotencyJobs]

/** What is held on a person, for their export. */
export const personalData = { ...usersPersonalData, ...authPersonalData, ...postsPersonalData }

export interface Database
  extends
    UsersTables,
    AuthTables,
    PostsTables,
    AuditTables,
    JobsTables,
    LimitsTables,
    LiveTables,
    IdempotencyTables {}
