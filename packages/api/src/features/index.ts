import { auditJobs } from '../audit/jobs.ts'
import type { AuditTables } from '../audit/tables.ts'
import { admin, adminErrors } from './admin/router.ts'
import { authJobs } from './auth/jobs.ts'
import { authPersonalData } from './auth/personal-data.ts'
import { auth, authErrors } from './auth/router.ts'
import type { AuthTables } from './auth/tables.ts'
import { notificationsJobs } from './notifications/jobs.ts'
import { notificationsPersonalData } from './notifications/personal-data.ts'
import { notificationsReactions } from './notifications/reactions.ts'
import { notifications, notificationsErrors } from './notifications/router.ts'
import type { NotificationsTables } from './notifications/tables.ts'
import { postsJobs } from './posts/jobs.ts'
import { postsPersonalData } from './posts/personal-data.ts'
import { posts, postsErrors, usersWithPosts } from './posts/router.ts'
import type { PostsTables } from './posts/tables.ts'
import { idempotencyJobs } from '../idempotency/jobs.ts'
import type { IdempotencyTables } from '../idempotency/tables.ts'
import { jobsJobs } from '../jobs/jobs.ts'
import type { JobsTables } from '../jobs/tables.ts'
import { limitsJobs } from '../limits/jobs.ts'
import type { LimitsTables } from '../limits/tables.ts'
import type { Audiences } from '../live/audiences.ts'
import { liveJobs } from '../live/jobs.ts'
import { live, liveErrors } from '../live/router.ts'
import type { LiveTables } from '../live/tables.ts'
import { followers } from './users/audience.ts'
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
  notifications: typeof notifications
  admin: typeof admin
  live: typeof live
} = {
  users,
  auth,
  posts,
  notifications,
  admin,
  live,
}

export const procedureErrors = {
  users: usersErrors,
  auth: authErrors,
  posts: postsErrors,
  notifications: notificationsErrors,
  admin: adminErrors,
  live: liveErrors,
} as const

export const jobs = [
  ...auditJobs,
  ...authJobs,
  ...usersJobs,
  ...postsJobs,
  ...notificationsJobs,
  ...limitsJobs,
  ...jobsJobs,
  ...idempotencyJobs,
  ...liveJobs,
]

/** What is held on a person, for their export. */
export const personalData = {
  ...usersPersonalData,
  ...authPersonalData,
  ...postsPersonalData,
  ...notificationsPersonalData,
}

/** Whom events are for that others caused. */
export const audiences: Audiences = { posts: followers }

/** What follows, further right, from what happens. */
export const reactions = [...notificationsReactions]

export interface Database
  extends
    UsersTables,
    AuthTables,
    PostsTables,
    NotificationsTables,
    AuditTables,
    JobsTables,
    LimitsTables,
    LiveTables,
    IdempotencyTables {}
