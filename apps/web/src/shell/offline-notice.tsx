import { WifiOff } from 'lucide-react'
import { useIsOnline } from './use-is-online.ts'

export function OfflineNotice() {
  const isOnline = useIsOnline()
  return (
    <output>
      {!isOnline && (
        <span className="flex items-center gap-2.5 border-b border-line bg-sunken px-4 py-2 text-sm text-muted sm:px-6">
          <WifiOff aria-hidden className="size-4 shrink-0" />
          You are offline. What is shown may have changed; nothing can be saved.
        </span>
      )}
    </output>
  )
}
