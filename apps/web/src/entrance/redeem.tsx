import type { ReactNode } from 'react'
import { Button } from '../ui/button.tsx'
import { Form } from '../ui/form.tsx'
import { EntranceHeader } from './entrance-header.tsx'

interface RedeemProps {
  title: string
  children: ReactNode
  action: string
  error: unknown
  pending: boolean
  onRedeem: () => void
}

/** By a press and not by loading: programs that look into mails open their links, too. */
export const Redeem = ({ title, children, action, error, pending, onRedeem }: RedeemProps) => (
  <>
    <EntranceHeader title={title}>{children}</EntranceHeader>
    <Form label={title} takesFocus error={error} onValues={onRedeem}>
      <Button type="submit" look="primary" size="large" pending={pending}>
        {action}
      </Button>
    </Form>
  </>
)
