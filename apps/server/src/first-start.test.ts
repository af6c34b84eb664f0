import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createTestApi } from '@tenon/api/testing'
import { describe, expect, it } from 'vitest'
import { ownSecret } from './app-secret.ts'
import { createFirstAdmin, hasFirstAdmin } from './first-admin.ts'
import { makeTestDataDir } from './testing/index.ts'

describe('the first admin', () => {
  it('is made once, also by processes that start together', async () => {
    const api = await createTestApi()
    const passwords = await Promise.all(Array.from({ length: 5 }, () => createFirstAdmin(api.deps)))
    expect(passwords.filter(Boolean)).toHaveLength(1)
    expect(await api.db.selectFrom('users').select(['username', 'role']).execute()).toEqual([
      { username: 'admin', role: 'admin' },
    ])
    await api.stop()
  })

  it('is not made where there are people', async () => {
    const api = await createTestApi()
    await api.person('ada')
    expect(await createFirstAdmin(api.deps)).toBeUndefined()
    expect(await api.db.selectFrom('users').select('username').execute()).toEqual([{ username: 'ada' }])
    await api.stop()
  })
})

describe('the start names the first admin', () => {
  it('as long as they are one and can sign in', async () => {
    const api = await createTestApi()
    expect(await hasFirstAdmin(api.deps)).toBe(false)
    await createFirstAdmin(api.deps)
    expect(await hasFirstAdmin(api.deps)).toBe(true)
    const changes = [
      { role: 'user' },
      { suspendedAt: new Date() },
      { deletedAt: new Date() },
      { email: 'root@example.com' },
    ] as const
    for (const change of changes) {
      await api.db.updateTable('users').set(change).execute()
      expect([change, await hasFirstAdmin(api.deps)]).toEqual([change, false])
      await api.db.updateTable('users').set({ role: 'admin', suspendedAt: null, deletedAt: null }).execute()
    }
    await api.stop()
  })
})

describe('the secret of an installation', () => {
  it('is made once, also by processes that start together, and is for its owner alone', async () => {
    const dataDir = await makeTestDataDir()
    const folder = join(dataDir.path, 'new')
    const secrets = await Promise.all(Array.from({ length: 5 }, () => ownSecret(folder)))
    expect(new Set(secrets).size).toBe(1)
    expect(secrets[0]).toMatch(/^[\w-]{43}$/)
    expect(await ownSecret(folder)).toBe(secrets[0])
    const { mode } = await stat(join(folder, 'app-secret'))
    expect(mode & 0o777).toBe(0o600)
    await dataDir.remove()
  })
})
