import type { Settings } from '../deps.ts'
import { layout } from './layout.ts'

export interface Person {
  username: string
}

export type Link = Pick<Settings, 'publicUrl' | 'verificationHours' | 'resetMinutes'>

// By the username, which is letters and digits: a name is a stranger's text, and this goes to whatever address they gave.
export const greet = ({ username }: Person) => `Hello ${username},`

/** Every mail that carries a link, by the kind of its token. */
export const mailTemplates = {
  verify: ({ publicUrl, verificationHours }: Link, person: Person, token: string) => ({
    subject: 'Confirm your address',
    ...layout({
      publicUrl,
      title: 'Confirm your address',
      paragraphs: [
        greet(person),
        `Welcome to Tenon. Confirm that this address is yours; the link holds for ${verificationHours} hours.`,
      ],
      action: { label: 'Confirm address', url: `${publicUrl}/verify#token=${token}` },
      closing: 'If you did not register, ignore this mail.',
    }),
  }),

  reset: ({ publicUrl, resetMinutes }: Link, person: Person, token: string) => ({
    subject: 'Set a new password',
    ...layout({
      publicUrl,
      title: 'Set a new password',
      paragraphs: [
        greet(person),
        `Somebody, hopefully you, asked for a new password. The link holds for ${resetMinutes} minutes.`,
      ],
      action: { label: 'Set a new password', url: `${publicUrl}/reset#token=${token}` },
      closing: 'If it was not you, ignore this mail: your password stays as it is.',
    }),
  }),

  change: ({ publicUrl, verificationHours }: Link, person: Person, token: string) => ({
    subject: 'Confirm your new address',
    ...layout({
      publicUrl,
      title: 'Confirm your new address',
      paragraphs: [
        greet(person),
        `This is to be the new address of your account. Confirm that it is yours; the link holds for ${verificationHours} hours.`,
      ],
      action: { label: 'Confirm new address', url: `${publicUrl}/confirm-email#token=${token}` },
      closing: 'If you have no account with this name, ignore this mail: nothing changes.',
    }),
  }),

  undo: ({ publicUrl }: Link, person: Person & { newEmail: string }, token: string) => ({
    subject: 'Your address is about to change',
    ...layout({
      publicUrl,
      title: 'Your address is about to change',
      paragraphs: [
        greet(person),
        `Somebody who knows your password asked to change the address of your account to ${person.newEmail}. If it was you, there is nothing to do here.`,
        'If it was not you, undo it. The link holds for 7 days, also after the change; it ends every session and brings you a link to set a new password.',
      ],
      action: { label: 'Undo the change', url: `${publicUrl}/undo-email#token=${token}` },
      closing: 'This mail went to the address that your account has had until now.',
    }),
  }),

  export: ({ publicUrl }: Link, person: Person, token: string) => ({
    subject: 'Your data is ready',
    ...layout({
      publicUrl,
      title: 'Your data is ready',
      paragraphs: [
        greet(person),
        'Everything that is held on you is in one file. The link works once, and holds for 24 hours.',
      ],
      action: { label: 'Download my data', url: `${publicUrl}/export#token=${token}` },
      closing: 'If you did not ask for it, end your sessions and set a new password.',
    }),
  }),

  exportTooLarge: ({ publicUrl }: Link, person: Person) => ({
    subject: 'Your data is too large for a link',
    ...layout({
      publicUrl,
      title: 'Your data is too large for a link',
      paragraphs: [
        greet(person),
        'What is held on you does not fit into one download. Ask the people who run this site for it: they can hand it to you.',
      ],
      action: { label: 'Open the site', url: publicUrl },
      closing: 'If you did not ask for it, end your sessions and set a new password.',
    }),
  }),
}
