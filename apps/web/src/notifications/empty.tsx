import { BellOff, CheckCheck } from 'lucide-react'
import { ButtonLink } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { State } from '../ui/state.tsx'

export const Empty = ({ isUnread }: { isUnread: boolean }) => (
  <Card>
    {isUnread ? (
      <State
        icon={CheckCheck}
        title="You have read everything"
        actions={<ButtonLink to="/notifications">See all</ButtonLink>}
      />
    ) : (
      <State
        icon={BellOff}
        title="Nothing has happened yet"
        actions={<ButtonLink to="/">Go to the posts</ButtonLink>}
      >
        When somebody you follow publishes, or something happens to your account, it stands here.
      </State>
    )}
  </Card>
)
