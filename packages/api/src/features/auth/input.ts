import * as z from 'zod'
import { text } from '../../schemas.ts'

/** ASCII and lower case: one spelling for each account. The only place where an address is normalised. */
export const email = z.email().max(254).toLowerCase().meta({ example: 'ada@example.com' })

/** The rules for a new password; at sign-in any text may be tried. */
export const newPassword = text(8, 256)
  .regex(/\p{Lu}/u, 'Needs an upper-case letter')
  .regex(/\p{Ll}/u, 'Needs a lower-case letter')
  .regex(/\p{Nd}/u, 'Needs a digit')
  .meta({
    format: 'password',
    example: 'Correct7Horse',
    description: '8–256, with upper case, lower case and a digit',
  })

const givenPassword = text(1, 256).meta({ format: 'password', example: 'Correct7Horse' })

export const mailedToken = text(1, 100).meta({ description: 'From the link in the mail' })

export const signIn = z
  .strictObject({
    email,
    password: givenPassword,
    tokenInBody: z
      .boolean()
      .optional()
      .meta({ description: 'Answer with a bearer token instead of a cookie' }),
  })
  .meta({ id: 'SignIn' })

export const verifyEmail = z.strictObject({ token: mailedToken }).meta({ id: 'EmailVerification' })

export const requestReset = z.strictObject({ email }).meta({ id: 'PasswordResetRequest' })

export const resetPassword = z
  .strictObject({ token: mailedToken, password: newPassword })
  .meta({ id: 'PasswordReset' })

export const reauthenticate = z.strictObject({ password: givenPassword }).meta({ id: 'Reauthentication' })

export const changeEmail = z.strictObject({ email }).meta({ id: 'EmailChange' })

export const redeemEmailChange = z.strictObject({ token: mailedToken }).meta({ id: 'EmailChangeToken' })

export const changePassword = z
  .strictObject({ currentPassword: givenPassword, newPassword })
  .meta({ id: 'PasswordChange' })
