import type { ReactNode } from 'react'

/** A grey place where text will be; `className` gives its size. */
export const Skeleton = ({ className }: { className: string }) => (
  <span className={`block animate-pulse rounded-md bg-sunken ${className}`} />
)

/** What a screen reader hears while the grey places show. */
export const Loading = ({ label, children }: { label: string; children: ReactNode }) => (
  <div aria-busy>
    <output className="sr-only">{label}</output>
    <div aria-hidden>{children}</div>
  </div>
)
