import { Toast } from '@base-ui/react/toast'
import { X } from 'lucide-react'
import { useEffect } from 'react'
import { buttonClass, IconButton } from './button.tsx'
import type { Notice } from './notify.ts'

const manager = Toast.createToastManager()
const mounted = Promise.withResolvers<void>()

export async function show({ title, description, tone = 'plain', action }: Notice) {
  await mounted.promise
  const id = manager.add({
    title,
    ...(description && { description }),
    type: tone,
    // What can be undone stays long enough to be read and reached.
    timeout: action ? 12_000 : 5_000,
    priority: tone === 'danger' ? 'high' : 'low',
    ...(action && { actionProps: { children: action.label, onClick: act } }),
  })

  function act() {
    manager.close(id)
    action?.onClick()
  }
}

export const Toasts = () => (
  <Toast.Provider toastManager={manager} limit={3}>
    <Toast.Portal>
      <Toast.Viewport className="fixed inset-x-4 top-15 z-60 mx-auto flex flex-col gap-2 sm:right-6 sm:left-auto sm:w-96">
        <ToastList />
      </Toast.Viewport>
    </Toast.Portal>
  </Toast.Provider>
)

function ToastList() {
  useEffect(() => mounted.resolve(), [])
  const { toasts } = Toast.useToastManager()
  return toasts.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      swipeDirection={[]}
      className="rounded-xl border border-line bg-surface shadow-high transition-[opacity,translate] duration-200 data-ending-style:opacity-0 data-limited:hidden data-starting-style:-translate-y-3 data-starting-style:opacity-0"
    >
      <Toast.Content className="flex items-center gap-3 py-2.5 pr-2 pl-4">
        <div className="min-w-0 flex-1">
          <Toast.Title className={`text-sm font-medium ${toast.type === 'danger' ? 'text-danger' : ''}`} />
          <Toast.Description className="text-sm text-muted" />
        </div>
        <Toast.Action className={buttonClass({ size: 'small' })} />
        <Toast.Close render={<IconButton label="Dismiss" className="text-muted" />}>
          <X aria-hidden className="size-4" />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ))
}
