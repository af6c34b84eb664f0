import { expect, it } from 'vitest'
import { refusalOf } from '../../testing/refusal.ts'
import { refuseWeakPassword } from './password-rules.ts'

const ada = { email: 'countess@example.com', username: 'ada', name: 'Ada Lovelace' }

const isCommon = 'Is one of the most common passwords'
const namesPerson = 'Contains your name or address'

const weaknessOf = async (password: string, person = ada) => {
  const refusal = await refusalOf((async () => refuseWeakPassword(password, person))()).catch(() => undefined)
  return (refusal?.details as { fields?: Record<string, string[]> } | undefined)?.fields?.password?.[0]
}

it('a weak password is a 400 for the field that it came in', async () => {
  const refuse = async (field?: 'newPassword') => refuseWeakPassword('Password1', ada, field)
  expect(await refusalOf(refuse())).toMatchObject({
    code: 'VALIDATION_ERROR',
    status: 400,
    details: { fields: { password: [isCommon] } },
  })
  expect(await refusalOf(refuse('newPassword'))).toMatchObject({
    details: { fields: { newPassword: [isCommon] } },
  })
})
