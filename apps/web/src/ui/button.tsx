import { createLink } from '@tanstack/react-router'
import type { ComponentProps, ReactNode } from 'react'
import { Spinner } from './spinner.tsx'

const looks = {
  primary: 'border-transparent bg-accent text-white hover:bg-accent-hover',
  secondary: 'border-line bg-surface text-ink shadow-low hover:bg-sunken',
  quiet: 'border-transparent text-muted hover:bg-sunken hover:text-ink',
  danger: 'border-transparent bg-danger text-white hover:bg-danger-hover dark:text-canvas',
} as const

const sizes = {
  small: 'h-8 px-2.5 text-[0.8125rem]',
  medium: 'h-9 px-3.5 text-sm',
  large: 'h-10 px-4 text-sm',
} as const

interface Look {
  look?: keyof typeof looks | undefined
  size?: keyof typeof sizes | undefined
}

const shape =
  'inline-flex shrink-0 select-none items-center justify-center gap-2 rounded-lg border font-medium whitespace-nowrap transition-colors disabled:opacity-60 aria-disabled:cursor-default aria-disabled:opacity-60'

/** The look of a button, for what has to be another element. */
export const buttonClass = ({ look = 'secondary', size = 'medium' }: Look, more = '') =>
  `${shape} ${looks[look]} ${sizes[size]} ${more}`

interface ButtonProps extends Look, ComponentProps<'button'> {
  /** Shows that it works, and takes no further clicks. It stays focusable, so that the keyboard keeps its place. */
  pending?: boolean
  icon?: ReactNode
}

export function Button({ look, size, pending = false, icon, className, children, ...props }: ButtonProps) {
  return (
    <button
      type="button"
      {...props}
      aria-disabled={pending || undefined}
      onClick={pending ? (event) => event.preventDefault() : props.onClick}
      className={buttonClass({ look, size }, className)}
    >
      {pending ? <Spinner /> : icon}
      {children}
    </button>
  )
}

/** Looks like a button and is a link: it goes somewhere. */
export const ButtonLink = createLink(({ look, size, className, ...props }: Look & ComponentProps<'a'>) => (
  <a {...props} className={buttonClass({ look, size }, className)}>
    {props.children}
  </a>
))

/** Only a picture to look at: `label` is its name. */
export function IconButton({ label, ...props }: ComponentProps<'button'> & { label: string }) {
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      {...props}
      className={`grid size-9 shrink-0 place-items-center rounded-lg text-ink transition-colors hover:bg-sunken data-popup-open:bg-sunken ${props.className ?? ''}`}
    />
  )
}
