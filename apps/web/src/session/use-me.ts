import { useQuery } from '@tanstack/react-query'
import { type Me, sessionQuery } from './session.ts'

/** The person who is signed in, null for nobody, undefined while that is not known. */
export function useMe(): Me | null | undefined {
  const { data } = useQuery(sessionQuery)
  return data === null ? null : data?.user
}
