import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

interface StateProps {
  icon: LucideIcon
  title: string
  /** `h1` where this is all there is on the page. */
  heading?: 'h1' | 'h2' | 'h3'
  children?: ReactNode
  actions?: ReactNode
}

/** Nothing here, not found, gone wrong: what it is, why, and what to do now. */
export function State({ icon: Icon, title, heading: Heading = 'h2', children, actions }: StateProps) {
  return (
    <div className="flex flex-col items-center px-6 py-16 text-center">
      <span className="grid size-12 place-items-center rounded-xl border border-line bg-surface text-muted">
        <Icon aria-hidden className="size-5" />
      </span>
      <Heading className="mt-4 text-base font-semibold">{title}</Heading>
      {children && <div className="mt-1 max-w-sm text-sm text-balance text-muted">{children}</div>}
      {actions && <div className="mt-5 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  )
}
