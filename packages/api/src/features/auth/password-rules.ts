import { dictionary } from '@zxcvbn-ts/language-common'
import { fail } from '../../errors.ts'

interface Person {
  email: string
  username: string
  name: string | null
}

// 49,233 passwords in lower case, of which 5,023 fit the policy once their case is changed: ASVS 6.2.4 asks for 3,000.
export const commonPasswords = new Set(dictionary['passwords-common'])

/** @throws VALIDATION_ERROR for what a guesser tries first: common passwords, and what is known of the person */
export function refuseWeakPassword(
  password: string,
  person: Person,
  field: 'password' | 'newPassword' = 'password',
): void {
  const message = weaknessOf(password, person)
  if (message) throw fail('VALIDATION_ERROR', { fields: { [field]: [message] } })
}

function weaknessOf(password: string, person: Person): string | undefined {
  if (isCommon(password)) return 'Is one of the most common passwords'
  if (namesPerson(password, person)) return 'Contains your name or address'
  return undefined
}

// What policies make people add: "Dragon2024!" is guessed right after "dragon".
const paddings = [/[^\p{L}\p{N}]+$/u, /\P{L}+$/u, /^\P{L}+|\P{L}+$/gu]

function isCommon(password: string): boolean {
  const whole = folded(password)
  const cores = paddings.map((padding) => whole.replace(padding, ''))
  // Padding longer than the word is worth more than the word: a long number is not common for starting with "love".
  return [whole, ...cores].some((core) => core.length * 2 >= whole.length && commonPasswords.has(core))
}

function namesPerson(password: string, { email, username, name }: Person): boolean {
  const localPart = email.slice(0, email.lastIndexOf('@'))
  const names = [username, localPart, name ?? ''].map(folded)
  const known = [folded(email), ...names, ...names.flatMap((text) => text.split(separators))]
  const letters = squeezed(folded(password))
  return known.map(squeezed).some((part) => part.length >= shortestPart && letters.includes(part))
}

// A person called Al may still choose "Royal8Albatross".
const shortestPart = 4

const separators = /[^\p{L}\p{N}]+/gu

const squeezed = (text: string) => text.replace(separators, '')

/** Full-width letters, composed accents and case make no difference to a guesser. */
const folded = (text: string) => text.normalize('NFKC').toLowerCase()
