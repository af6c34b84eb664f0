import { Moon, Sun } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { IconButton } from '../ui/button.tsx'

/** Back at the system's own theme, the choice is forgotten and the page follows the system again. */
export function ThemeToggle() {
  const theme = useSyncExternalStore(subscribe, () => document.documentElement.dataset.theme)
  const other = theme === 'dark' ? 'light' : 'dark'
  const Icon = theme === 'dark' ? Moon : Sun
  return (
    <IconButton label={`Switch to the ${other} theme`} onClick={() => choose(other)}>
      <Icon aria-hidden className="size-4.5" />
    </IconButton>
  )
}

function choose(theme: 'light' | 'dark') {
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  try {
    if (theme === system) localStorage.removeItem('tenon:theme')
    else localStorage.setItem('tenon:theme', theme)
  } catch {
    // Without storage the choice lasts as long as the page.
    document.documentElement.dataset.theme = theme
    return
  }
  dispatchEvent(new Event('tenon:theme'))
}

function subscribe(notify: () => void) {
  const observer = new MutationObserver(notify)
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  return () => observer.disconnect()
}
