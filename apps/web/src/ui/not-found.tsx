import { Compass } from 'lucide-react'
import { useTitle } from '../shell/use-title.ts'
import { ButtonLink } from './button.tsx'
import { State } from './state.tsx'

export function NotFound() {
  useTitle('Not found')
  return (
    <>
      <meta name="robots" content="noindex" />
      <State
        icon={Compass}
        heading="h1"
        title="There is nothing here"
        actions={<ButtonLink to="/">Go to the posts</ButtonLink>}
      >
        The address may be mistyped, or what was here has been deleted.
      </State>
    </>
  )
}
