import { useState } from 'react'

/** What a screen reader hears when something arrives; not what was there when the page opened, nor that some was read. */
export function useArrivals(count: number | undefined): string {
  const [last, setLast] = useState({ count, text: '' })
  if (last.count === count) return last.text
  const isMore = count !== undefined && last.count !== undefined && count > last.count
  const text = isMore ? (count === 1 ? '1 unread notification' : `${count} unread notifications`) : ''
  setLast({ count, text })
  return text
}
