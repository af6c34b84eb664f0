import * as z from 'zod'
import { page } from '../../pagination.ts'
import { publicUser } from '../auth/output.ts'

export { accepted, publicUser, user } from '../auth/output.ts'

export const publicUsers = page(publicUser)

/** By kind, as it is stored. Not spelt out: each feature adds its own. */
export const personalData = z
  .record(z.string(), z.array(z.unknown()))
  .meta({ id: 'PersonalData', description: 'Everything that is held on a person, by kind' })

export const followed = z.object({ isFollowed: z.boolean() })
