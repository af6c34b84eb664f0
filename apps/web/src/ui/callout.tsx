import { CircleAlert, CircleCheck, Info, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

const tones = {
  danger: ['border-danger/25 bg-danger-soft text-danger', CircleAlert],
  warning: ['border-warning/25 bg-warning-soft text-warning', CircleAlert],
  success: ['border-success/25 bg-success-soft text-success', CircleCheck],
  info: ['border-accent/25 bg-accent-soft text-accent-ink', Info],
} as const satisfies Record<string, [string, LucideIcon]>

interface CalloutProps {
  tone: keyof typeof tones
  children: ReactNode
}

/** Something to know, where it matters. A danger is read out at once, the rest when there is a pause. */
export function Callout({ tone, children }: CalloutProps) {
  const [colors, Icon] = tones[tone]
  return (
    <div
      role={tone === 'danger' ? 'alert' : 'status'}
      className={`flex items-start gap-2.5 rounded-lg border px-3.5 py-2.5 text-sm ${colors}`}
    >
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  )
}
