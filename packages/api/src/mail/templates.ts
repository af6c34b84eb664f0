import type { Settings } from '../deps.ts'
import { layout } from './layout.ts'

interface Person {
  username: string
}

type Link = Pick<Settings, 'publicUrl'>

// By the username, which is letters and digits: a name is a stranger's text, and this goes to whatever address they gave.
const greet = ({ username }: Person) => `Hello ${username},`

/** Every mail that carries a link, by the kind of its token. */
export const mailTemplates = {
  verify: ({ publicUrl }: Link, person: Person, token: string) => ({
    subject: 'Confirm your address',
    ...layout({
      publicUrl,
      title: 'Confirm your address',
      paragraphs: [
        greet(person),
        'Welcome to Tenon. Confirm that this address is yours; the link holds for 24 hours.',
      ],
      action: { label: 'Confirm address', url: `${publicUrl}/verify#token=${token}` },
      closing: 'If you did not register, ignore this mail.',
    }),
  }),

  reset: ({ publicUrl }: Link, person: Person, token: string) => ({
    subject: 'Set a new password',
    ...layout({
      publicUrl,
      title: 'Set a new password',
      paragraphs: [
        greet(person),
        'Somebody, hopefully you, asked for a new password. The link holds for 15 minutes.',
      ],
      action: { label: 'Set a new password', url: `${publicUrl}/reset#token=${token}` },
      closing: 'If it was not you, ignore this mail: your password stays as it is.',
    }),
  }),
}
