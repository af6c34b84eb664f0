import { postReactions } from './published-posts.ts'
import { securityReactions } from './security-notices.ts'

export const notificationsReactions = [...postReactions, ...securityReactions]
