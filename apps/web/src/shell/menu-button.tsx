import { Menu } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { IconButton } from '../ui/button.tsx'

const Drawer = lazy(() => import('./drawer.tsx').then(({ Drawer }) => ({ default: Drawer })))

/** Fetches the drawer when it is first asked for: most screens are wide enough to do without. */
export function MenuButton() {
  const [isOpen, setIsOpen] = useState<boolean>()
  return (
    <>
      <IconButton
        label="Menu"
        aria-haspopup="dialog"
        aria-expanded={isOpen ?? false}
        onClick={() => setIsOpen(true)}
      >
        <Menu aria-hidden className="size-5" />
      </IconButton>
      {isOpen !== undefined && (
        <Suspense>
          <Drawer open={isOpen} onOpenChange={setIsOpen} />
        </Suspense>
      )}
    </>
  )
}
