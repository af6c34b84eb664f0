import { useEffect, useRef } from 'react'

/** Brings the keyboard to an element, or to the first of those in it that match, once it is there. */
export function useFocusOnMount<Found extends HTMLElement>(isWanted = true, within?: string) {
  const ref = useRef<Found>(null)
  useEffect(() => {
    if (!isWanted) return
    const target = within ? ref.current?.querySelector<HTMLElement>(within) : ref.current
    target?.focus({ preventScroll: true })
  }, [isWanted, within])
  return ref
}
