import { createDatabase } from '../../packages/api/src/db.ts'
import { createPasswordHasher } from '../../packages/api/src/features/auth/hasher.ts'
import { createVerifiedUser } from '../../packages/api/src/features/users/users.ts'
import { silentLog as log } from '../../packages/api/src/testing/log.ts'
import { createClient } from '../../packages/sdk/src/index.ts'

const password = 'Correct7Horse'
const authorNames = ['bob', 'eve', 'kim', 'max']

/** Ada, who follows each of the authors, and an admin; as an operator makes them, and with the token of their session. */
export async function makePeople({ url, serverUrl }) {
  const db = createDatabase({ url, log })
  try {
    const deps = { db, hasher: createPasswordHasher(), settings: { auditDays: 365 } }
    const make = (username, role = 'user') => makePerson(deps, { username, role, serverUrl })
    const [ada, root] = [await make('ada'), await make('root', 'admin')]
    const authors = []
    for (const name of authorNames) authors.push(await make(name))
    const asAda = createClient({ url: serverUrl, token: ada.token })
    for (const { id } of authors) await asAda.users.follow.mutate({ id })
    return { ada, root, authors }
  } finally {
    await db.destroy()
  }
}

async function makePerson(deps, { username, role, serverUrl }) {
  const email = `${username}@example.com`
  const { id } = await createVerifiedUser(deps, { email, username, password }, role)
  const { token } = await createClient({ url: serverUrl }).auth.signIn.mutate({
    email,
    password,
    tokenInBody: true,
  })
  return { id, token }
}
