import { inTransaction } from '../db.ts'
import { issueMailToken } from '../features/auth/mail-tokens.ts'
import type { Permission } from '../features/auth/permissions.ts'
import { startSession } from '../features/auth/sessions.ts'
import type { MailTokenKind } from '../features/auth/tables.ts'
import { deliver } from '../features/notifications/deliver.ts'
import { makeExport } from '../features/users/make-export.ts'
import { newId } from '../ids.ts'
import type { Meta } from '../meta.ts'
import { tokenFor } from '../secrets.ts'
import { freshName } from './callers.ts'
import { password, plainRequest, type Person, type TestApi } from './index.ts'
import { failedJob, retryingJob } from './job-rows.ts'

export interface ProcedureCall {
  access: NonNullable<Meta['access']>
  permission?: Permission
  /** Asks for a recent sign-in, besides. */
  isRecent?: true
  /** One that works, on what is ada's. */
  input?: (api: TestApi, ada: Person) => object | Promise<object>
  /** What it names is there for ada alone. */
  isOwners?: true
}

/** Every procedure: which rung of the ladder it stands on, and a call of it that works. */
export const procedureCalls: Record<string, ProcedureCall> = {
  'users.create': { access: 'public', input: newUser },
  'users.list': { access: 'user', input: () => ({}) },
  'users.search': { access: 'user', input: () => ({ q: 'ada' }) },
  'users.get': { access: 'public', input: (_, { user }) => ({ id: user.id, include: 'posts' }) },
  'users.me': { access: 'user' },
  'users.isFollowed': { access: 'user', input: somebodyElse },
  'users.follow': { access: 'verified', input: somebodyElse },
  'users.unfollow': { access: 'user', input: somebodyElse },
  'users.following': { access: 'user', input: () => ({}) },
  'users.update': { access: 'user', input: () => ({ username: freshName('renamed'), name: 'Renamed' }) },
  'users.delete': { access: 'recent' },
  'users.export': { access: 'verified' },
  'users.downloadExport': { access: 'public', input: exportToken },
  'auth.signIn': { access: 'public', input: (_, { email }) => ({ email, password }) },
  'auth.signOut': { access: 'session' },
  'auth.session': { access: 'user' },
  'auth.accessToken': { access: 'session' },
  'auth.reauthenticate': { access: 'session', input: () => ({ password }) },
  'auth.events': { access: 'user', input: () => ({}) },
  'auth.sessions.list': { access: 'user' },
  'auth.sessions.revoke': { access: 'session', input: otherSession, isOwners: true },
  'auth.sessions.revokeOthers': { access: 'session' },
  'auth.email.verify': { access: 'public', input: mailedToken('verify') },
  'auth.email.resend': { access: 'user' },
  'auth.email.change': { access: 'recent', input: newAddress },
  'auth.email.confirmChange': { access: 'public', input: mailedToken('change') },
  'auth.email.undoChange': { access: 'public', input: undoToken },
  'auth.password.requestReset': { access: 'public', input: (_, { email }) => ({ email }) },
  'auth.password.reset': {
    access: 'public',
    input: async (api, ada) => ({ ...(await mailedToken('reset')(api, ada)), password }),
  },
  'auth.password.change': {
    access: 'recent',
    input: () => ({ currentPassword: password, newPassword: 'Another7Horse' }),
  },
  'posts.create': { access: 'user', input: () => ({ title: 'A title', body: 'A body' }) },
  'posts.list': { access: 'public', input: (_, { user }) => ({ authorId: user.id }) },
  'posts.get': { access: 'public', input: draft, isOwners: true },
  'posts.update': {
    access: 'user',
    input: async (api, ada) => ({ ...(await post(api, ada)), version: 1, title: 'A title', body: 'A body' }),
    isOwners: true,
  },
  'posts.publish': { access: 'verified', input: post, isOwners: true },
  'posts.delete': { access: 'user', input: post, isOwners: true },
  'posts.restore': { access: 'user', input: post, isOwners: true },
  'notifications.send': { access: 'permitted', permission: 'notifications:send', input: message },
  'notifications.list': { access: 'user', input: () => ({}) },
  'notifications.unreadCount': { access: 'user' },
  'notifications.markRead': { access: 'user', input: notification, isOwners: true },
  'notifications.markAllRead': { access: 'user' },
  'notifications.preferences.get': { access: 'user' },
  'notifications.preferences.update': {
    access: 'user',
    input: () => ({ 'admin.message': { mail: false } }),
  },
  'admin.users.list': { access: 'permitted', permission: 'users:read', input: () => ({}) },
  'admin.users.get': { access: 'permitted', permission: 'users:read', input: herself },
  'admin.users.suspend': {
    access: 'permitted',
    permission: 'users:suspend',
    input: (_, { user }) => ({ id: user.id, reason: 'Spam' }),
  },
  'admin.users.restore': { access: 'permitted', permission: 'users:suspend', input: herself },
  'admin.users.setRole': {
    access: 'permitted',
    permission: 'users:write',
    isRecent: true,
    input: (_, { user }) => ({ id: user.id, role: 'moderator' }),
  },
  'admin.users.endSessions': { access: 'permitted', permission: 'users:suspend', input: herself },
  'admin.users.sendReset': { access: 'permitted', permission: 'users:write', isRecent: true, input: herself },
  'admin.audit.list': { access: 'permitted', permission: 'audit:read', input: () => ({}) },
  'admin.jobs.overview': { access: 'permitted', permission: 'jobs:read' },
  'admin.jobs.list': { access: 'permitted', permission: 'jobs:read', input: () => ({}) },
  'admin.jobs.get': { access: 'permitted', permission: 'jobs:read', input: jobThatFailedOnce },
  'admin.jobs.retry': { access: 'permitted', permission: 'jobs:manage', input: jobThatFailedOnce },
  'admin.jobs.retryAll': {
    access: 'permitted',
    permission: 'jobs:manage',
    input: async ({ db }) => {
      await failedJob(db)
      return {}
    },
  },
  'admin.jobs.cancel': { access: 'permitted', permission: 'jobs:manage', input: jobThatFailedOnce },
  'admin.jobs.reschedule': {
    access: 'permitted',
    permission: 'jobs:manage',
    input: async (api) => ({
      ...(await jobThatFailedOnce(api)),
      runAt: new Date(Date.now() + 86_400_000).toISOString(),
    }),
  },
  'admin.jobs.failures': { access: 'permitted', permission: 'jobs:read' },
  'admin.jobs.crons': { access: 'permitted', permission: 'jobs:read' },
  'admin.jobs.workers': { access: 'permitted', permission: 'jobs:read' },
  'admin.jobs.depth': { access: 'permitted', permission: 'jobs:read', input: () => ({}) },
  'live.stream': { access: 'user', input: () => ({ topics: ['notifications', 'security'] }) },
}

function newUser() {
  const username = freshName('new')
  return { email: `${username}@example.com`, username, password, name: 'New' }
}

function newAddress() {
  return { email: `${freshName('new')}@example.com` }
}

async function somebodyElse(api: TestApi) {
  const { user } = await api.person(freshName('carol'))
  return { id: user.id }
}

function herself(_: TestApi, { user }: Person) {
  return { id: user.id }
}

async function jobThatFailedOnce({ db }: TestApi) {
  return { id: await retryingJob(db) }
}

function message(_: TestApi, { user }: Person) {
  return { to: { userId: user.id }, subject: 'We move', message: 'Tenon is away for an hour.' }
}

async function notification({ db }: TestApi, { user }: Person) {
  const id = newId()
  const data = { messageId: id, subject: 'We move', message: 'Tenon is away for an hour.' }
  await inTransaction(db, (trx) =>
    deliver(trx, [user.id], { content: { kind: 'admin.message', data }, source: id, actorId: null }),
  )
  const rows = db.selectFrom('notifications').select('id').where('source', '=', id)
  return rows.executeTakeFirstOrThrow()
}

/** That others read, too, but do not change. */
async function post(_: TestApi, { calls }: Person) {
  const { id } = await calls.posts.create({ title: 'A post', body: '', publish: true })
  return { id }
}

async function draft(_: TestApi, { calls }: Person) {
  const { id } = await calls.posts.create({ title: 'A draft', body: '' })
  return { id }
}

async function otherSession({ db }: TestApi, { user }: Person) {
  const { record } = await inTransaction(db, (trx) => startSession(trx, user.id, plainRequest()))
  return { id: record.id }
}

function mailedToken(kind: MailTokenKind) {
  return async ({ db, deps: { settings } }: TestApi, { user, email }: Person) => {
    const issue = kind === 'change' ? { newEmail: newAddress().email } : {}
    await inTransaction(db, (trx) => issueMailToken(trx, settings, kind, email, issue))
    const tokens = db.selectFrom('mailTokens').select('id').where('userId', '=', user.id)
    const { id } = await tokens.where('kind', '=', kind).executeTakeFirstOrThrow()
    return { token: tokenFor(settings.appSecrets[0], kind, id) }
  }
}

async function undoToken({ db, deps: { settings } }: TestApi, { user, calls }: Person) {
  await calls.auth.email.change(newAddress())
  const changes = db.selectFrom('emailChanges').select('id').where('userId', '=', user.id)
  const { id } = await changes.executeTakeFirstOrThrow()
  return { token: tokenFor(settings.appSecrets[0], 'undo', id) }
}

async function exportToken({ db, deps }: TestApi, { user, calls }: Person) {
  await calls.users.export()
  const exports = db.selectFrom('exports').select('id').where('userId', '=', user.id)
  const { id } = await exports.executeTakeFirstOrThrow()
  await makeExport.run(deps, { exportId: id }, { id: '1', attempt: 1, signal: new AbortController().signal })
  return { token: tokenFor(deps.settings.appSecrets[0], 'export', id) }
}
