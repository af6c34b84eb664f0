import { useEffect } from 'react'

/** Names the page in the browser's tab, and for screen readers. */
export function useTitle(title: string | undefined) {
  useEffect(() => {
    document.title = title ? `${title} · Tenon` : 'Tenon'
  }, [title])
}
