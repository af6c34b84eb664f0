/**
 * What a send tells of the relay: `answered`, whatever it said; `gone`, as nobody takes the connection; `silent`, for as long as one waits;
 * `nothing`, when the fault was here or nobody waited.
 */
export type Sign = 'answered' | 'gone' | 'silent' | 'nothing'

export interface Breaker {
  /** Leave to send, to be followed by a call of what it returns; undefined while the relay has to show first that it is there. */
  enter(): ((sign: Sign) => void) | undefined
}

interface Options {
  /** Called each time that sends end for want of an answer. */
  onSilence(): void
  /** A silent relay is left alone for so long, as finding out takes a place of those that others need. */
  pauseMs?: number
  now?: () => number
}

/** Once a relay does not answer, one send at a time finds out whether it does again: a crowd that waits for it holds up all other work. */
export function createBreaker({
  onSilence,
  pauseMs = 5_000,
  now = () => performance.now(),
}: Options): Breaker {
  let isOpen = false
  let isProbed = false
  let quietUntil = -Infinity

  function take(sign: Sign) {
    if (sign === 'nothing') return
    isOpen = sign !== 'answered'
    quietUntil = sign === 'silent' ? now() + pauseMs : -Infinity
    if (sign === 'silent') onSilence()
  }

  return {
    enter() {
      if (isOpen && (isProbed || now() < quietUntil)) return
      const isProbe = isOpen
      isProbed ||= isProbe
      return (sign) => {
        if (isProbe) isProbed = false
        take(sign)
      }
    },
  }
}
