import { authJobs } from './auth/jobs.ts'
import { auth, authErrors } from './auth/router.ts'
import type { AuthTables } from './auth/tables.ts'
import { postsJobs } from './posts/jobs.ts'
import { posts, postsErrors, usersWithPosts } from './posts/router.ts'
import type { PostsTables } from './posts/tables.ts'
import type { JobsTables } from '../jobs/tables.ts'
import { limitsJobs } from '../limits/jobs.ts'
import type { LimitsTables } from '../limits/tables.ts'
import { usersJobs } from './users/jobs.ts'
import { users as plainUsers, usersErrors } from './users/router.ts'
import type { UsersTables } from './users/tables.ts'

type Users = Omit<typeof plainUsers, keyof typeof usersWithPosts> & typeof usersWithPosts
const users: Users = { ...plainUsers, ...usersWithPosts }

/**
 * The table of contents. A feature is its folder, its migration and its lines here.
 * Each is named by its type, so that go-to-definition leads a client to the procedure rather than here.
 */
export const features: { users: typeof users; auth: typeof auth; posts: typeof posts } = {
  users,
  auth,
  posts,
}

export const procedureErrors = { users: usersErrors, auth: authErrors, posts: postsErrors } as const

export const jobs = [...authJobs, ...usersJobs, ...postsJobs, ...limitsJobs]

export interface Database extends UsersTables, AuthTables, PostsTables, JobsTables, LimitsTables {}
