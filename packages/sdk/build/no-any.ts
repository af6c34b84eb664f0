import type { AppRouter, RouterInputs, RouterOutputs } from './out/index.js'

type IsAny<Type> = 0 extends 1 & Type ? true : false

/** The keys that lead to an `any`, `'users.get.name'`. */
type AnyPaths<Type> =
  IsAny<Type> extends true
    ? ''
    : Type extends object
      ? { [Key in keyof Type & (string | number)]: `.${Key}${AnyPaths<Type[Key]>}` }[keyof Type &
          (string | number)]
      : never

declare const router: [IsAny<AppRouter>, IsAny<AppRouter['_def']['record']>]
export const nothingIsAny: { router: [false, false]; inputs: never[]; outputs: never[] } = {
  router,
  inputs: [] as AnyPaths<RouterInputs>[],
  outputs: [] as AnyPaths<RouterOutputs>[],
}
