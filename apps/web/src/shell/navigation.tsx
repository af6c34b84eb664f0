import { Link } from '@tanstack/react-router'
import {
  Bell,
  BookOpen,
  FileText,
  type LucideIcon,
  MonitorSmartphone,
  PencilLine,
  UserRound,
} from 'lucide-react'
import type { ReactNode } from 'react'

interface NavigationProps {
  isSignedIn: boolean
  onNavigate: (() => void) | undefined
}

export const Navigation = ({ isSignedIn, ...item }: NavigationProps) => (
  <nav aria-label="Main" className="flex-1 overflow-y-auto px-3 py-1">
    <ul className="flex flex-col gap-0.5">
      <Item {...item} to="/" icon={FileText} label="Posts" />
      {isSignedIn && <Item {...item} to="/drafts" icon={PencilLine} label="Drafts" />}
    </ul>
    {isSignedIn && (
      <Group title="Account">
        <Item {...item} to="/settings" icon={UserRound} label="Profile" />
        <Item {...item} to="/settings/sessions" icon={MonitorSmartphone} label="Sessions" />
        <Item {...item} to="/settings/notifications" icon={Bell} label="Notifications" />
      </Group>
    )}
    <Group title="Build">
      <li>
        <a href="/docs" className={itemClass}>
          <BookOpen aria-hidden className="size-4" /> API reference
        </a>
      </li>
    </Group>
  </nav>
)

const Group = ({ title, children }: { title: string; children: ReactNode }) => (
  <>
    <h2 className="mt-5 mb-1 px-2 text-[0.8125rem] font-medium text-muted">{title}</h2>
    <ul className="flex flex-col gap-0.5">{children}</ul>
  </>
)

const itemClass =
  'flex h-8.5 items-center gap-2.5 rounded-lg px-2 text-sm text-muted transition-colors hover:bg-sunken hover:text-ink aria-[current=page]:bg-sunken aria-[current=page]:font-medium aria-[current=page]:text-ink'

interface ItemProps {
  to: '/' | '/drafts' | '/settings' | '/settings/sessions' | '/settings/notifications'
  icon: LucideIcon
  label: string
  onNavigate: (() => void) | undefined
}

const Item = ({ to, icon: Icon, label, onNavigate }: ItemProps) => (
  <li>
    <Link to={to} activeOptions={{ exact: true }} onClick={() => onNavigate?.()} className={itemClass}>
      <Icon aria-hidden className="size-4" /> {label}
    </Link>
  </li>
)
