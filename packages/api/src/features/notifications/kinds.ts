import * as z from 'zod'
import { id } from '../../schemas.ts'

export interface Channels {
  inApp: boolean
  mail: boolean
  digest: boolean
}

export interface Texts {
  title: string
  text: string
  /** Where it leads, on the site. */
  path: string | null
}

interface Definition<Payload extends z.ZodType> {
  /** Parsed when it is stored, and again when it is read. */
  payload: Payload
  /** Until a person chooses otherwise. */
  defaults: Channels
  /** Nobody chooses. */
  isFixed?: true
  /** It is about something that is mailed anyway, in words of its own. */
  hasOwnMail?: true
  /** Of a person who has more than are kept, these go before any others. */
  goesFirst?: true
  tell(payload: z.output<Payload>): Texts
}

const defineKind = <const Name extends string, Payload extends z.ZodType>(
  name: Name,
  { payload, ...kind }: Definition<Payload>,
) => ({ ...kind, content: z.object({ kind: z.literal(name), data: payload }) })

const noticed = {
  'session.started': 'A new device signed in',
  'password.changed': 'Your password was changed',
  'password.reset': 'Your password was changed',
  'email.change-undone': 'The change of your address was undone',
} as const

export const noticedActions = Object.keys(noticed) as (keyof typeof noticed)[]

/** Everything that people are notified of. */
export const kinds = {
  'post.published': defineKind('post.published', {
    payload: z.object({ postId: id, postTitle: z.string(), authorId: id, authorUsername: z.string() }),
    defaults: { inApp: true, mail: false, digest: false },
    goesFirst: true,
    tell: ({ postId, postTitle, authorUsername }) => ({
      title: `${authorUsername} published a post`,
      text: postTitle,
      path: `/posts/${postId}`,
    }),
  }),
  'security.notice': defineKind('security.notice', {
    payload: z.object({ eventId: id, action: z.enum(noticedActions) }),
    defaults: { inApp: true, mail: true, digest: false },
    isFixed: true,
    hasOwnMail: true,
    tell: ({ action }) => ({
      title: noticed[action],
      text: 'If it was not you, end your other sessions and set a new password.',
      path: '/settings/sessions',
    }),
  }),
  'admin.message': defineKind('admin.message', {
    payload: z.object({ messageId: id, subject: z.string(), message: z.string() }),
    defaults: { inApp: true, mail: true, digest: false },
    tell: ({ subject, message }) => ({ title: subject, text: message, path: null }),
  }),
}

export type KindName = keyof typeof kinds

export const kindNames = Object.keys(kinds) as KindName[]

/** A kind with its payload. */
export const content = z.discriminatedUnion('kind', [
  kinds['post.published'].content,
  kinds['security.notice'].content,
  kinds['admin.message'].content,
])

export type Content = z.output<typeof content>

export function textsOf({ kind, data }: Content): Texts {
  const told: Pick<Definition<z.ZodType>, 'tell'> = kinds[kind]
  return told.tell(data)
}

/** Undefined for a kind that is no more, or a payload of a release that knew another. */
export const readContent = (row: { kind: string; data: unknown }): Content | undefined =>
  content.safeParse(row).data
