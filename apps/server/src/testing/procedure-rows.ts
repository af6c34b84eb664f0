import type { ErrorCode } from '@tenon/api'
import { password } from '@tenon/api/testing'
import type { CallerName, Cast } from './cast.ts'
import { postRows } from './post-rows.ts'

/** Where a procedure stands on the ladder, said once more by hand; the three last are what a permission comes to. */
export type Rung = 'public' | 'user' | 'session' | 'verified' | 'recent' | 'staff' | 'admin' | 'recent admin'

type Refusals = Partial<Record<CallerName, ErrorCode>>

// A bad bearer is refused also where nobody need be signed in; a cookie that leads nowhere is nobody.
const ofPublic: Refusals = {
  'a revoked session': 'UNAUTHORIZED',
  'the token of somebody suspended': 'UNAUTHORIZED',
}
const ofUser: Refusals = {
  ...ofPublic,
  nobody: 'UNAUTHORIZED',
  'the cookie of somebody suspended': 'UNAUTHORIZED',
}
const ofSession: Refusals = { ...ofUser, 'an access token': 'FORBIDDEN' }
const ofStaff: Refusals = {
  ...ofSession,
  'somebody unverified': 'FORBIDDEN',
  'an older sign-in': 'FORBIDDEN',
  'another person': 'FORBIDDEN',
  'the owner': 'FORBIDDEN',
}
const ofAdmin: Refusals = { ...ofStaff, 'a moderator': 'FORBIDDEN' }

export const refusals: Record<Rung, Refusals> = {
  public: ofPublic,
  user: ofUser,
  session: ofSession,
  verified: { ...ofUser, 'somebody unverified': 'EMAIL_NOT_VERIFIED' },
  recent: {
    ...ofSession,
    'an older sign-in': 'REAUTHENTICATION_REQUIRED',
    'an older sign-in of an admin': 'REAUTHENTICATION_REQUIRED',
  },
  staff: ofStaff,
  admin: ofAdmin,
  'recent admin': {
    ...ofAdmin,
    'an older sign-in of an admin': 'REAUTHENTICATION_REQUIRED',
  },
}

export interface Row {
  rung: Rung
  input?: (cast: Cast) => object
  /** It is about something of the owner, which is not there for others. */
  isOwn?: true
  /** What those are answered whom the rung lets through, when not with a success. */
  otherwise?: ErrorCode
}

const token = 'A'.repeat(43)
const ofTarget = ({ target }: Cast) => ({ id: target.user.id })
const ofJob = ({ jobId }: Cast) => ({ id: jobId })

/** Every procedure. A token that somebody made up opens nothing; what real ones do is tested where they are mailed. */
export const rows: Record<string, Row> = {
  'users.create': { rung: 'public', input: ({ newName }) => registration(newName()) },
  'users.list': { rung: 'user', input: () => ({ limit: 2 }) },
  'users.search': { rung: 'user', input: () => ({ q: 'ada' }) },
  'users.get': { rung: 'public', input: ({ owner }) => ({ id: owner.user.id }) },
  'users.me': { rung: 'user' },
  'users.isFollowed': { rung: 'user', input: ofTarget },
  'users.follow': { rung: 'verified', input: ofTarget },
  'users.unfollow': { rung: 'user', input: ofTarget },
  'users.following': { rung: 'user', input: () => ({ limit: 2 }) },
  'users.update': { rung: 'user', input: () => ({ name: 'Renamed' }) },
  'users.delete': { rung: 'recent' },
  'users.export': { rung: 'verified' },
  'users.downloadExport': { rung: 'public', input: () => ({ token }), otherwise: 'TOKEN_INVALID' },
  'auth.signIn': {
    rung: 'public',
    input: ({ target }) => ({ email: target.email, password, tokenInBody: true }),
  },
  'auth.signOut': { rung: 'session' },
  'auth.session': { rung: 'user' },
  'auth.accessToken': { rung: 'session' },
  'auth.reauthenticate': { rung: 'session', input: () => ({ password }) },
  'auth.events': { rung: 'user', input: () => ({ result: 'success' }) },
  'auth.sessions.list': { rung: 'user' },
  'auth.sessions.revoke': { rung: 'session', input: ({ sessionId }) => ({ id: sessionId }), isOwn: true },
  'auth.sessions.revokeOthers': { rung: 'session' },
  'auth.email.verify': { rung: 'public', input: () => ({ token }), otherwise: 'TOKEN_INVALID' },
  'auth.email.resend': { rung: 'user' },
  'auth.email.change': { rung: 'recent', input: ({ newName }) => ({ email: `${newName()}@example.com` }) },
  'auth.email.confirmChange': { rung: 'public', input: () => ({ token }), otherwise: 'TOKEN_INVALID' },
  'auth.email.undoChange': { rung: 'public', input: () => ({ token }), otherwise: 'TOKEN_INVALID' },
  'auth.password.requestReset': { rung: 'public', input: ({ target }) => ({ email: target.email }) },
  'auth.password.reset': { rung: 'public', input: () => ({ token, password }), otherwise: 'TOKEN_INVALID' },
  'auth.password.change': {
    rung: 'recent',
    input: () => ({ currentPassword: password, newPassword: 'Another8Horse' }),
  },
  ...postRows,
  'notifications.send': {
    rung: 'admin',
    input: ({ target }) => ({ to: { userId: target.user.id }, subject: 'We move', message: 'On Sunday.' }),
  },
  'notifications.list': { rung: 'user', input: () => ({ limit: 2 }) },
  'notifications.unreadCount': { rung: 'user' },
  'notifications.markRead': {
    rung: 'user',
    input: ({ notificationId }) => ({ id: notificationId }),
    isOwn: true,
  },
  'notifications.markAllRead': { rung: 'user' },
  'notifications.preferences.get': { rung: 'user' },
  'notifications.preferences.update': { rung: 'user', input: () => ({ 'admin.message': { mail: false } }) },
  'admin.users.list': { rung: 'staff', input: () => ({ limit: 2 }) },
  'admin.users.get': { rung: 'staff', input: ofTarget },
  'admin.users.suspend': { rung: 'staff', input: ofTarget },
  'admin.users.restore': { rung: 'staff', input: ofTarget },
  'admin.users.setRole': {
    rung: 'recent admin',
    input: ({ target }) => ({ id: target.user.id, role: 'moderator' }),
  },
  'admin.users.endSessions': { rung: 'staff', input: ofTarget },
  'admin.users.sendReset': { rung: 'recent admin', input: ofTarget },
  'admin.audit.list': { rung: 'admin', input: () => ({ limit: 2 }) },
  'admin.jobs.overview': { rung: 'admin' },
  'admin.jobs.list': { rung: 'admin', input: () => ({ limit: 2 }) },
  'admin.jobs.get': { rung: 'admin', input: ofJob },
  'admin.jobs.retry': { rung: 'admin', input: ofJob },
  'admin.jobs.retryAll': { rung: 'admin', input: () => ({ name: 'audit:sweep' }) },
  'admin.jobs.cancel': { rung: 'admin', input: ofJob },
  'admin.jobs.reschedule': {
    rung: 'admin',
    input: (cast) => ({ ...ofJob(cast), runAt: '2026-01-31T09:30:00.000Z' }),
  },
  'admin.jobs.failures': { rung: 'admin' },
  'admin.jobs.crons': { rung: 'admin' },
  'admin.jobs.workers': { rung: 'admin' },
  'admin.jobs.depth': { rung: 'admin', input: () => ({}) },
  'live.stream': { rung: 'user', input: () => ({ topics: ['notifications', 'security'] }) },
}

/** @throws for a procedure that has none */
export function rowOf(name: string): Row {
  const row = rows[name]
  if (!row) throw new Error(`${name} has no row`)
  return row
}

/** What a caller is to be answered. */
export function expectedOutcome({ rung, isOwn, otherwise }: Row, caller: CallerName): ErrorCode | 'OK' {
  const refusal = refusals[rung][caller]
  if (refusal) return refusal
  return isOwn && caller !== 'the owner' ? 'NOT_FOUND' : (otherwise ?? 'OK')
}

const registration = (username: string) => ({ email: `${username}@example.com`, username, password })
