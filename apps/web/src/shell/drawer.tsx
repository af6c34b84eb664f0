import { Dialog } from '@base-ui/react/dialog'
import { Sidebar } from './sidebar.tsx'

interface DrawerProps {
  open: boolean
  onOpenChange: (isOpen: boolean) => void
}

/** The sidebar where there is no room for one. */
export const Drawer = ({ open, onOpenChange }: DrawerProps) => (
  <Dialog.Root open={open} onOpenChange={onOpenChange}>
    <Dialog.Portal>
      <Dialog.Backdrop className="fixed inset-0 z-40 bg-black/40 transition-opacity duration-200 data-ending-style:opacity-0 data-starting-style:opacity-0 dark:bg-black/60" />
      <Dialog.Popup
        aria-label="Menu"
        className="fixed inset-y-0 left-0 z-50 w-72 max-w-[85vw] border-r border-line bg-canvas shadow-high outline-none transition-[translate] duration-200 data-ending-style:-translate-x-full data-starting-style:-translate-x-full"
      >
        <Sidebar onNavigate={() => onOpenChange(false)} />
      </Dialog.Popup>
    </Dialog.Portal>
  </Dialog.Root>
)
