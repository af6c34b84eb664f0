import { createLink } from '@tanstack/react-router'
import type { ComponentProps } from 'react'

export const TextLink = createLink((props: ComponentProps<'a'>) => (
  <a {...props} className="rounded-sm font-medium text-accent-ink underline-offset-2 hover:underline">
    {props.children}
  </a>
))
