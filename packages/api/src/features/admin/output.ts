import * as z from 'zod'
import { event } from '../../audit/output.ts'
import { page } from '../../pagination.ts'
import { time } from '../../schemas.ts'
import { session, user } from '../auth/output.ts'
import { post } from '../posts/output.ts'

export { accepted, revoked } from '../auth/output.ts'

export const adminUser = user
  .extend({
    lastSeenAt: time.meta({ description: 'Exact to the hour; the registration, for who never signed in' }),
    suspendedAt: time.nullable(),
    deletedAt: time.nullable().meta({ description: 'Set while a deleted account can still come back' }),
  })
  .meta({ id: 'AdminUser', description: 'A person as the staff sees them' })

export const adminUsers = page(adminUser)

export const adminUserDetails = adminUser
  .extend({
    sessions: z.array(session),
    posts: z.array(post).meta({ description: 'The 10 newest published ones' }),
    events: z.array(event).meta({ description: 'The 20 newest that concern them' }),
  })
  .meta({ id: 'AdminUserDetails' })
