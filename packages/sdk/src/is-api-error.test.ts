import { expect, test } from 'vitest'
import { ApiError, isApiError } from './index.ts'

test('what a call rejects with is an ApiError, other things are not', () => {
  expect(isApiError(new ApiError({ code: 'NOT_FOUND', status: 404 }))).toBe(true)
  for (const other of [new Error('no'), { code: 'NOT_FOUND' }, undefined, null, 'NOT_FOUND']) {
    expect(isApiError(other)).toBe(false)
    expect(isApiError(other, 'users.get')).toBe(false)
  }
})

test('a procedure fails in the ways that it declares', () => {
  const taken = new ApiError({ code: 'EMAIL_TAKEN', status: 409, details: { field: 'email' } })
  expect(isApiError(taken, 'users.create')).toBe(true)
  expect(isApiError(taken, 'users.get')).toBe(false)
  expect(isApiError(new ApiError({ code: 'TOKEN_INVALID', status: 400 }), 'auth.password.reset')).toBe(true)
})

test('only what asks for a recent sign-in fails for want of one', () => {
  const stale = new ApiError({ code: 'REAUTHENTICATION_REQUIRED', status: 403 })
  for (const path of ['users.delete', 'auth.email.change', 'auth.password.change'] as const)
    expect([path, isApiError(stale, path)]).toEqual([path, true])
  expect(isApiError(stale, 'users.update')).toBe(false)
})

test('every procedure fails in the common ways, and as calls without an answer do', () => {
  for (const code of ['INTERNAL', 'UNAUTHORIZED', 'TIMEOUT', 'NETWORK', 'ABORTED'] as const) {
    expect(isApiError(new ApiError({ code }), 'users.create')).toBe(true)
    expect(isApiError(new ApiError({ code }), 'users.me')).toBe(true)
  }
})

test('what no procedure foresees is an ApiError, but none of a procedure', () => {
  const error = new ApiError({ code: 'PAYLOAD_TOO_LARGE', status: 413 })
  expect(isApiError(error)).toBe(true)
  expect(isApiError(error, 'users.create')).toBe(false)
})

test('where no message is given there is one', () => {
  const messages = (['NETWORK', 'ABORTED', 'NOT_FOUND'] as const).map(
    (code) => new ApiError({ code }).message,
  )
  expect(messages).toEqual([
    'The server could not be reached, or the connection was cut.',
    'The call was aborted.',
    'There is nothing here.',
  ])
})
