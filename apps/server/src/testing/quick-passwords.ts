import { password, type TestApi } from '@tenon/api/testing'
import { vi } from 'vitest'

/** For many people whose passwords do not matter: nothing is hashed, and only theirs is right. */
export function useQuickPasswords({ deps: { hasher } }: TestApi): void {
  vi.spyOn(hasher, 'hash').mockResolvedValue('a hash')
  vi.spyOn(hasher, 'verify').mockImplementation(
    async (hash, given) => hash !== undefined && given === password,
  )
}
