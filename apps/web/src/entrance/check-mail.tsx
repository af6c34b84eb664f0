import { useLocation } from '@tanstack/react-router'
import { ButtonLink } from '../ui/button.tsx'
import { TextLink } from '../ui/text-link.tsx'
import { EntranceFooter, EntranceHeader } from './entrance-header.tsx'

export function CheckMail() {
  const email = useLocation({ select: ({ state }) => state.email })
  return (
    <>
      <EntranceHeader title="Check your mail">
        We sent a link to <strong className="font-medium text-ink">{email ?? 'your address'}</strong>. Open it
        to confirm that the address is yours; it works for 24 hours.
      </EntranceHeader>
      <ButtonLink to="/sign-in" size="large" className="w-full">
        Continue to sign in
      </ButtonLink>
      <EntranceFooter>
        Nothing there? Look into the spam folder. After signing in you can ask for a new link.
        <span className="mt-2 block">
          Mistyped it? <TextLink to="/sign-up">Sign up again</TextLink>
        </span>
      </EntranceFooter>
    </>
  )
}
