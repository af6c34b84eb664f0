export interface Notice {
  title: string
  description?: string
  tone?: 'plain' | 'danger'
  action?: { label: string; onClick: () => void }
}

/** Says in the corner what has happened. F6 brings the keyboard there. */
export function notify(notice: Notice) {
  void import('./toasts.tsx').then(({ show }) => show(notice))
}
