import { Outlet, useLocation } from '@tanstack/react-router'
import { Callout } from '../ui/callout.tsx'
import { PasswordQuestion } from './password-question.tsx'
import { useMe } from './use-me.ts'

/** A session can end while its page is open. The page stays: there may be an unsaved text on it. */
export function SignedInOnly() {
  const me = useMe()
  const next = useLocation({ select: ({ href }) => href })
  return (
    <>
      {me === null && (
        <div className="sticky top-15 z-20 mb-6">
          <Callout tone="warning">
            Your session has ended.{' '}
            <a
              href={`/sign-in?${new URLSearchParams({ next })}`}
              target="_blank"
              rel="noreferrer"
              className="font-medium underline underline-offset-2"
            >
              Sign in in a new tab
            </a>{' '}
            and come back: what you wrote stays here.
          </Callout>
        </div>
      )}
      <Outlet />
      <PasswordQuestion />
    </>
  )
}
