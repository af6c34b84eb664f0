import type { ReactNode } from 'react'
import { useTitle } from '../shell/use-title.ts'
import { useFocusOnMount } from '../ui/use-focus-on-mount.ts'

interface EntranceHeaderProps {
  title: string
  /** Where this took the place of a form, the focus goes along, and a screen reader reads it. */
  isOutcome?: boolean
  children: ReactNode
}

export function EntranceHeader({ title, isOutcome = false, children }: EntranceHeaderProps) {
  useTitle(title)
  const ref = useFocusOnMount<HTMLElement>(isOutcome)
  return (
    <header ref={ref} tabIndex={-1} className="mb-6 outline-none">
      <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
      <p className="mt-1 text-sm text-muted">{children}</p>
    </header>
  )
}

/** Where else one may have wanted to go. */
export const EntranceFooter = ({ children }: { children: ReactNode }) => (
  <p className="mt-6 text-sm text-muted">{children}</p>
)
