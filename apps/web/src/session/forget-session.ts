import type { QueryClient } from '@tanstack/react-query'
import { forgetSignIn } from './sign-in-memory.ts'

export const sessionKey = ['session'] as const

/** Keeps what is on the screen, so that a text being written survives the end of its session. */
export function forgetSession(queryClient: QueryClient) {
  forgetSignIn()
  queryClient.setQueryData(sessionKey, null)
}
