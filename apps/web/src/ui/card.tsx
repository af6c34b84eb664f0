import type { ReactNode } from 'react'

export const Card = ({ className = '', children }: { className?: string; children: ReactNode }) => (
  <div className={`rounded-xl border border-line bg-surface ${className}`}>{children}</div>
)

interface SectionProps {
  title: string
  description?: ReactNode
  children: ReactNode
}

/** A card with a heading: one thing to set. */
export function Section({ title, description, children }: SectionProps) {
  return (
    <section className="rounded-xl border border-line bg-surface p-5 sm:p-6">
      <h2 className="text-base font-semibold">{title}</h2>
      {description && <p className="mt-1 text-sm text-muted">{description}</p>}
      <div className="mt-5">{children}</div>
    </section>
  )
}
