import type { AuditAction } from '../audit/actions.ts'
import { wayBackDays } from '../features/auth/account.ts'
import { layout } from './layout.ts'
import { greet, type Link, type Person } from './templates.ts'

export interface Happened {
  at: Date
  ip: string | null
  device: string
}

type Notice = (
  link: Link,
  person: Person,
  happened: Happened,
) => { subject: string; html: string; text: string }

const where = ({ ip, device, ...happened }: Happened) =>
  `${device}${ip ? `, from ${ip}` : ''}, on ${timeOf(happened)}.`

const timeOf = ({ at }: Pick<Happened, 'at'>) => `${at.toISOString().slice(0, 16).replace('T', ' at ')} UTC`

/** What people are told that they may not have done themselves, by what happened. */
export const noticeTemplates: Partial<Record<AuditAction, Notice>> = {
  'session.started': ({ publicUrl }, person, happened) => ({
    subject: 'A new device signed in',
    ...layout({
      publicUrl,
      title: 'A new device signed in',
      paragraphs: [
        greet(person),
        'Your account was used on a device, or from a place, that is new to us:',
        where(happened),
      ],
      action: { label: 'See my sessions', url: `${publicUrl}/settings/sessions` },
      closing: 'If it was not you, end that session and set a new password.',
    }),
  }),

  'password.changed': (link, person, happened) => passwordNotice(link, person, happened),
  'password.reset': (link, person, happened) => passwordNotice(link, person, happened),

  // To who may be the thief: not from where the owner undid it.
  'email.change-undone': ({ publicUrl }, person, happened) => ({
    subject: 'This address has no account any more',
    ...layout({
      publicUrl,
      title: 'This address has no account any more',
      paragraphs: [
        greet(person),
        `The account that had this address went back to the one before, on ${timeOf(happened)}: whoever reads mail there undid the change.`,
      ],
      action: { label: 'Open the site', url: publicUrl },
      closing: 'If that address is not yours any more, ask the people who run this site.',
    }),
  }),

  'user.deleted': ({ publicUrl }, person, { at }) => ({
    subject: 'Your account is deleted',
    ...layout({
      publicUrl,
      title: 'Your account is deleted',
      paragraphs: [
        greet(person),
        `Your account is deleted, and will be erased ${wayBackDays} days from ${at.toISOString().slice(0, 10)}. To keep it, sign in before that.`,
      ],
      action: { label: 'Keep my account', url: `${publicUrl}/sign-in` },
      closing: 'If it was not you, sign in and set a new password.',
    }),
  }),
}

function passwordNotice({ publicUrl }: Link, person: Person, happened: Happened) {
  return {
    subject: 'Your password was changed',
    ...layout({
      publicUrl,
      title: 'Your password was changed',
      paragraphs: [greet(person), 'The password of your account was changed:', where(happened)],
      action: { label: 'It was not me', url: `${publicUrl}/forgot` },
      closing: 'If it was you, there is nothing to do.',
    }),
  }
}
