const key = 'tenon:signed-in'

/**
 * The session's cookie cannot be seen from here. Remembering that there was a sign-in saves visitors a question to the
 * server whose answer is always 401. Whoever signs in by leaving the page, as with a provider, remembers it before.
 */
export const mayBeSignedIn = () => withStorage((storage) => storage.getItem(key) !== null) ?? true

export const rememberSignIn = () => withStorage((storage) => storage.setItem(key, 'yes'))

export const forgetSignIn = () => withStorage((storage) => storage.removeItem(key))

/** Another tab remembered or forgot. */
export const onSignInChanged = (react: () => Promise<void>) =>
  addEventListener('storage', (event) => event.key === key && void react())

/** Undefined where a browser keeps nothing. */
function withStorage<Result>(use: (storage: Storage) => Result): Result | undefined {
  try {
    return use(localStorage)
  } catch {
    return undefined
  }
}
