import { expect, it } from 'vitest'
import { refusalOf } from '../../testing/refusal.ts'
import { newPassword } from './input.ts'
import { commonPasswords, refuseWeakPassword } from './password-rules.ts'

const countess = { email: 'a.king@example.com', username: 'ada_byron', name: 'Ada Lovelace' }

const common = 'Is one of the most common passwords'
const personal = 'Contains your name or address'

it('a weak password is a 400 for the field that it came in', async () => {
  const refuse = async (field?: 'newPassword') => refuseWeakPassword('Password1', countess, field)
  expect(await refusalOf(refuse())).toMatchObject({
    code: 'VALIDATION_ERROR',
    status: 400,
    details: { fields: { password: [common] } },
  })
  expect(await refusalOf(refuse('newPassword'))).toMatchObject({
    details: { fields: { newPassword: [common] } },
  })
})

it.for([
  [
    'as it is listed, in any case',
    ['Password1', 'pASSWORD1', 'Trustno1', '1Qaz2wsx', 'Qwerty123', 'P@ssw0rd'],
  ],
  [
    'with a number, a year or signs after it',
    ['Password1234!', 'Dragon2024!', 'Butterfly42', '1Qaz2wsx!', 'Abc12345!'],
  ],
  ['with a number before it', ['1Michael', '123Sunshine', '1!Welcome1!']],
  ['in full-width letters', ['Ｐａｓｓｗｏｒｄ１']],
] as const)('a common password is refused %s', ([, passwords]) => {
  for (const password of passwords) expect(() => refuse(password), password).toThrow(common)
})

it.for([
  'Correct7Horse',
  'Horse7Battery',
  'Love8374920174651',
  'Tn1-9fJx2LwQmZ',
  'Four plain words 4 Ada',
  'Ağaç7Kökü',
  '密码密码Ab1',
])('%s may be chosen', (password) => {
  refuse(password)
})

it.for([
  ['the username', ['Ada_Byron77', 'ADA-BYRON77', 'My8AdaByron', 'Byron7Rides']],
  ['a word of the name', ['Lovelace7Ada', '7xLOVELACEx', 'L-ove.Lace_7']],
  ['the local part or the whole of the address', ['A.King.1833', 'Aking1833', 'Me+A.King@Example.com9']],
] as const)('%s is refused in a password', ([, passwords]) => {
  for (const password of passwords) expect(() => refuse(password), password).toThrow(personal)
})

it('a name with accents is found however they are written', () => {
  const zoe = { ...countess, name: 'Zoë Ångström' }
  expect(() => refuse('Zoë7ångström'.normalize('NFD'), zoe)).toThrow(personal)
})

it('fewer than four letters of a name refuse nothing, nor does no name or the domain', () => {
  const al = { email: 'al@example.com', username: 'al', name: 'Al Li' }
  refuse('Royal8Albatross', al)
  refuse('Example7Com', al)
  refuse('Correct7Horse', { ...al, name: null })
  expect(() => refuse('Al@Example.com1', al), 'but the whole address does').toThrow(personal)
})

it('the list holds at least 3,000 passwords that the policy would let through', () => {
  const fitting = [...commonPasswords].filter(
    (password) => newPassword.safeParse(inSomeCase(password)).success,
  )
  expect(fitting.length).toBeGreaterThanOrEqual(3000)
})

it('no length makes the check slow', () => {
  const startedAt = performance.now()
  for (let times = 0; times < 100; times++) refuse(`Aa${'1!'.repeat(126)}x`)
  expect((performance.now() - startedAt) / 100).toBeLessThan(10)
})

/** As an error whose message is what is wrong with the password. */
function refuse(password: string, person: Parameters<typeof refuseWeakPassword>[1] = countess) {
  try {
    refuseWeakPassword(password, person)
  } catch (refusal) {
    throw new Error(JSON.stringify(refusal), { cause: refusal })
  }
}

/** The spelling that fits the policy where there is one: lower case but for the first letter. */
const inSomeCase = (password: string) => password.replace(/\p{Ll}/u, (first) => first.toUpperCase())
