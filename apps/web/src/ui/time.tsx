import { useSyncExternalStore } from 'react'

const exact = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short' })
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' })
const dayOfYear = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' })

/** “5 min ago”, then “3 h ago”, then the day; the exact time on hover. It keeps up while the page is open. */
export function Time({ at, className }: { at: string; className?: string }) {
  const minute = useSyncExternalStore(watchMinutes, currentMinute)
  const then = new Date(at)
  return (
    <time dateTime={at} title={exact.format(then)} className={className}>
      {ago(then, minute)}
    </time>
  )
}

function ago(then: Date, nowMinute: number): string {
  const minutes = nowMinute - Math.floor(then.getTime() / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} min ago`
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`
  const isThisYear = then.getFullYear() === new Date(nowMinute * 60_000).getFullYear()
  return (isThisYear ? day : dayOfYear).format(then)
}

const currentMinute = () => Math.floor(Date.now() / 60_000)

function watchMinutes(notify: () => void) {
  const timer = setInterval(notify, 20_000)
  return () => clearInterval(timer)
}
