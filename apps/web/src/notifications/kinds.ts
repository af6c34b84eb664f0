import { FileText, type LucideIcon, Megaphone, ShieldAlert } from 'lucide-react'
import type { Kind } from './queries.ts'

interface Look {
  icon: LucideIcon
  label: string
  description: string
  /** How it is told is nobody's choice. */
  isFixed?: true
}

export const kinds: Record<Kind, Look> = {
  'post.published': {
    icon: FileText,
    label: 'New posts',
    description: 'Somebody you follow publishes.',
  },
  'admin.message': {
    icon: Megaphone,
    label: 'Messages',
    description: 'The people who run this site have something to say.',
  },
  'security.notice': {
    icon: ShieldAlert,
    label: 'Security',
    description: 'A new device signs in, or your password or address changes.',
    isFixed: true,
  },
}
