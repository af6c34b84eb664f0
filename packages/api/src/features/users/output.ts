import { page } from '../../pagination.ts'
import { publicUser } from '../auth/output.ts'

export { publicUser, user } from '../auth/output.ts'

export const publicUsers = page(publicUser)
