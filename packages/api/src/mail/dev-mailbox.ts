import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { validate } from 'uuid'
import { newId } from '../ids.ts'
import type { Settings } from '../deps.ts'
import { messageIdOf, type Mailer } from './mailer.ts'

export interface CapturedMail {
  id: string
  to: string
  from: string
  subject: string
  text: string
  html: string
  messageId: string
  createdAt: string
}

export interface DevMailbox extends Mailer {
  /** Newest first. */
  list(): Promise<CapturedMail[]>
  find(id: string): Promise<CapturedMail | undefined>
}

const kept = 200

/** Catches mail in a folder, where the server and a worker of its own see the same. For development only. */
export function createDevMailbox(
  folder: string,
  { mailFrom, publicUrl }: Pick<Settings, 'mailFrom' | 'publicUrl'>,
): DevMailbox {
  return {
    async send({ to, subject, html, text, key }) {
      const id = newId()
      const createdAt = new Date().toISOString()
      const mail = {
        id,
        to,
        from: mailFrom,
        subject,
        text,
        html,
        messageId: messageIdOf(key, publicUrl),
        createdAt,
      }
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const draft = join(folder, `.${id}`)
      await writeFile(draft, JSON.stringify(mail), { mode: 0o600 })
      await rename(draft, join(folder, `${id}.json`))
      const surplus = (await names(folder)).slice(kept)
      await Promise.all(surplus.map((name) => rm(join(folder, name), { force: true })))
    },
    async list() {
      const files = await names(folder)
      const texts = await Promise.all(
        files.map((name) => readFile(join(folder, name), 'utf8').catch(goneSince)),
      )
      return texts.flatMap((text) => (text === undefined ? [] : [JSON.parse(text)]))
    },
    async find(id) {
      // It comes from an address, and is to be no path.
      if (!validate(id)) return
      const text = await readFile(join(folder, `${id}.json`), 'utf8').catch(goneSince)
      return text === undefined ? undefined : JSON.parse(text)
    },
  }
}

/** Between listing and reading, the next mail may have pushed the oldest out. */
function goneSince(error: { code?: string }): undefined {
  if (error.code !== 'ENOENT') throw error
}

/** Ids are in the order of time, so names are, too. */
async function names(folder: string): Promise<string[]> {
  const all = await readdir(folder).catch(() => [])
  return all
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .toReversed()
}
