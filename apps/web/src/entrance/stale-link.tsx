import type { ReactNode } from 'react'
import { ButtonLink } from '../ui/button.tsx'
import { EntranceHeader } from './entrance-header.tsx'

interface StaleLinkProps {
  /** Undefined where the link had lost it. */
  token: string | undefined
  /** What can have become of a link that is whole. */
  reason: string
  /** The way to one that works. */
  to: '/forgot' | '/settings' | '/sign-in'
  action: string
  children?: ReactNode
}

export const StaleLink = ({ token, reason, to, action, children }: StaleLinkProps) => (
  <>
    <EntranceHeader title={token ? 'This link is no longer valid' : 'Open the link from the mail'} isOutcome>
      {token ? reason : 'This page needs the whole link.'} {children}
    </EntranceHeader>
    <ButtonLink to={to} size="large" className="w-full">
      {action}
    </ButtonLink>
  </>
)
