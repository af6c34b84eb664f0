import { defineMail, greet, type Person } from './template.ts'

type Linked = Person & { token: string }

const example: Linked = { username: 'ada', token: 'the-token-of-the-link' }

/** Every mail that carries a link, by the kind of its token. */
export const mailTemplates = {
  verify: defineMail<Linked>({
    name: 'verify',
    example,
    letter: ({ token, ...person }, { publicUrl, verificationHours }) => ({
      subject: 'Confirm your address',
      paragraphs: [
        greet(person),
        `Welcome to Tenon. Confirm that this address is yours; the link holds for ${verificationHours} hours.`,
      ],
      action: { label: 'Confirm address', url: `${publicUrl}/verify#token=${token}` },
      closing: 'If you did not register, ignore this mail.',
    }),
  }),

  reset: defineMail<Linked>({
    name: 'reset',
    example,
    letter: ({ token, ...person }, { publicUrl, resetMinutes }) => ({
      subject: 'Set a new password',
      paragraphs: [
        greet(person),
        `Somebody, hopefully you, asked for a new password. The link holds for ${resetMinutes} minutes.`,
      ],
      action: { label: 'Set a new password', url: `${publicUrl}/reset#token=${token}` },
      closing: 'If it was not you, ignore this mail: your password stays as it is.',
    }),
  }),

  change: defineMail<Linked>({
    name: 'change',
    example,
    letter: ({ token, ...person }, { publicUrl, verificationHours }) => ({
      subject: 'Confirm your new address',
      paragraphs: [
        greet(person),
        `This is to be the new address of your account. Confirm that it is yours; the link holds for ${verificationHours} hours.`,
      ],
      action: { label: 'Confirm new address', url: `${publicUrl}/confirm-email#token=${token}` },
      closing: 'If you have no account with this name, ignore this mail: nothing changes.',
    }),
  }),

  undo: defineMail<Linked & { newEmail: string }>({
    name: 'undo',
    example: { ...example, newEmail: 'ada@new.example' },
    letter: ({ token, newEmail, ...person }, { publicUrl }) => ({
      subject: 'Your address is about to change',
      paragraphs: [
        greet(person),
        `Somebody who knows your password asked to change the address of your account to ${newEmail}. If it was you, there is nothing to do here.`,
        'If it was not you, undo it. The link holds for 7 days, also after the change; it ends every session and brings you a link to set a new password.',
      ],
      action: { label: 'Undo the change', url: `${publicUrl}/undo-email#token=${token}` },
      closing: 'This mail went to the address that your account has had until now.',
    }),
  }),

  export: defineMail<Linked>({
    name: 'export',
    example,
    letter: ({ token, ...person }, { publicUrl }) => ({
      subject: 'Your data is ready',
      paragraphs: [
        greet(person),
        'Everything that is held on you is in one file. The link works once, and holds for 24 hours.',
      ],
      action: { label: 'Download my data', url: `${publicUrl}/export#token=${token}` },
      closing: 'If you did not ask for it, end your sessions and set a new password.',
    }),
  }),

  exportTooLarge: defineMail<Person>({
    name: 'export-too-large',
    example,
    letter: (person, { publicUrl }) => ({
      subject: 'Your data is too large for a link',
      paragraphs: [
        greet(person),
        'What is held on you does not fit into one download. Ask the people who run this site for it: they can hand it to you.',
      ],
      action: { label: 'Open the site', url: publicUrl },
      closing: 'If you did not ask for it, end your sessions and set a new password.',
    }),
  }),
}
