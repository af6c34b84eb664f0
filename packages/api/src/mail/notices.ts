import type { AuditAction } from '../audit/actions.ts'
import { wayBackDays } from '../features/auth/account.ts'
import { defineMail, greet, type Person, type Template } from './template.ts'

export interface Happened extends Person {
  at: Date
  ip: string | null
  device: string
}

const example: Happened = {
  username: 'ada',
  at: new Date('2026-03-14T09:26:53Z'),
  ip: '203.0.113.7',
  device: 'Firefox on Linux',
}

const where = ({ ip, device, ...happened }: Happened) =>
  `${device}${ip ? `, from ${ip}` : ''}, on ${timeOf(happened)}.`

const timeOf = ({ at }: Pick<Happened, 'at'>) => `${at.toISOString().slice(0, 16).replace('T', ' at ')} UTC`

const newDevice = defineMail<Happened>({
  name: 'new-device',
  example,
  letter: (happened, { publicUrl }) => ({
    subject: 'A new device signed in',
    paragraphs: [
      greet(happened),
      'Your account was used on a device, or from a place, that is new to us:',
      where(happened),
    ],
    action: { label: 'See my sessions', url: `${publicUrl}/settings/sessions` },
    closing: 'If it was not you, end that session and set a new password.',
  }),
})

const passwordChanged = defineMail<Happened>({
  name: 'password-changed',
  example,
  letter: (happened, { publicUrl }) => ({
    subject: 'Your password was changed',
    paragraphs: [greet(happened), 'The password of your account was changed:', where(happened)],
    action: { label: 'It was not me', url: `${publicUrl}/forgot` },
    closing: 'If it was you, there is nothing to do.',
  }),
})

// To who may be the thief: not from where the owner undid it.
const changeUndone = defineMail<Happened>({
  name: 'email-change-undone',
  example,
  letter: (happened, { publicUrl }) => ({
    subject: 'This address has no account any more',
    paragraphs: [
      greet(happened),
      `The account that had this address went back to the one before, on ${timeOf(happened)}: whoever reads mail there undid the change.`,
    ],
    action: { label: 'Open the site', url: publicUrl },
    closing: 'If that address is not yours any more, ask the people who run this site.',
  }),
})

const accountDeleted = defineMail<Happened>({
  name: 'account-deleted',
  example,
  letter: ({ at, ...person }, { publicUrl }) => ({
    subject: 'Your account is deleted',
    paragraphs: [
      greet(person),
      `Your account is deleted, and will be erased ${wayBackDays} days from ${at.toISOString().slice(0, 10)}. To keep it, sign in before that.`,
    ],
    action: { label: 'Keep my account', url: `${publicUrl}/sign-in` },
    closing: 'If it was not you, sign in and set a new password.',
  }),
})

/** What people are told that they may not have done themselves, by what happened. */
export const noticeTemplates: Partial<Record<AuditAction, Template<Happened>>> = {
  'session.started': newDevice,
  'password.changed': passwordChanged,
  'password.reset': passwordChanged,
  'email.change-undone': changeUndone,
  'user.deleted': accountDeleted,
}
