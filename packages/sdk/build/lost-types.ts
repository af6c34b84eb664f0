import type { AppRouter } from './out/index.js'

type IsAny<Type> = 0 extends 1 & Type ? true : false

/** The procedures whose input or output was lost: it is unknown, or it is or holds an `any`. */
type Lost<Tree> = {
  [Name in keyof Tree & string]: Tree[Name] extends {
    _def: { $types: { input: infer Input; output: infer Output } }
  }
    ? true extends IsLost<Input> | IsLost<Output> | IsLost<EventsOf<Output>>
      ? Name
      : never
    : `${Name}.${Lost<Tree[Name]>}`
}[keyof Tree & string]

/** Of a stream; else what is known. */
type EventsOf<Output> = Output extends AsyncIterable<infer Event> ? Event : null

type IsLost<Type> = unknown extends Type ? true : HoldsAny<Type>

type HoldsAny<Type> =
  IsAny<Type> extends true
    ? true
    : Type extends object
      ? true extends { [Key in keyof Type]-?: HoldsAny<Type[Key]> }[keyof Type]
        ? true
        : false
      : false

type AppRecord = AppRouter['_def']['record']

// oxlint-disable-next-line typescript/no-redundant-type-constituents -- it sees no bundle here
export const routerIsKnown: false = {} as IsAny<AppRouter> | IsAny<AppRecord>
// As a template it is spelt out in the complaint.
export const nothingIsLost: never[] = [] as `${Lost<AppRecord>}`[]
