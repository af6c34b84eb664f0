import { useLocation } from '@tanstack/react-router'
import { useEffect, useState } from 'react'

/**
 * The token of a mailed link, from behind the `#`: it never reaches a server's log. It is read once and taken out of
 * the address bar and the history. Undefined when there is none, as after a reload.
 */
export function useMailedToken(): string | undefined {
  const hash = useLocation({ select: ({ hash }) => hash })
  const inAddress = new URLSearchParams(hash).get('token') || undefined
  const [token, setToken] = useState(inAddress)
  if (inAddress && inAddress !== token) setToken(inAddress)

  useEffect(() => {
    if (inAddress) history.replaceState(history.state, '', location.pathname + location.search)
  }, [inAddress])

  return token
}
