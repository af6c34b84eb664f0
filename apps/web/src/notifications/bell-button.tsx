import { Bell } from 'lucide-react'
import type { ComponentProps } from 'react'
import { IconButton } from '../ui/button.tsx'

type BellButtonProps = ComponentProps<'button'> & { count: number }

const mostShown = 99

export const BellButton = ({ count, ...props }: BellButtonProps) => (
  <IconButton
    {...props}
    label={count > 0 ? `Notifications, ${shown(count)} unread` : 'Notifications'}
    className="relative"
  >
    <Bell aria-hidden className="size-4.5" />
    {count > 0 && (
      <span className="absolute top-0.5 left-1/2 ml-0.5 rounded-full bg-accent px-1 text-[0.6875rem] leading-4 font-semibold text-white tabular-nums ring-2 ring-canvas min-w-4">
        {shown(count)}
      </span>
    )}
  </IconButton>
)

const shown = (count: number) => (count > mostShown ? `${mostShown}+` : count)
