import type { RouterInputs, RouterOutputs } from '@tenon/sdk'

/**
 * The keys that lead to something that JSON does not bring back as it was: a Date, a Map, an undefined in a list, an
 * `any`. A property that may be undefined is one that may be missing.
 */
type Unfaithful<Type, Path extends string = ''> =
  IsAny<Type> extends true
    ? `${Path}: any`
    : Type extends string | number | boolean | null
      ? never
      : Type extends readonly (infer Item)[] | AsyncIterable<infer Item>
        ? Unfaithful<Item, `${Path}[]`>
        : [Type] extends [object]
          ? [Methods<Type>] extends [never]
            ? { [Key in keyof Type & string]: Unfaithful<Present<Type, Key>, `${Path}.${Key}`> }[keyof Type &
                string]
            : Path
          : Path

/** Dates, Maps and their like have some. */
type Methods<Type> = { [Key in keyof Type]-?: IsMethod<Type[Key]> extends true ? Key : never }[keyof Type]
type IsMethod<Type> =
  IsAny<Type> extends true ? false : Type extends (...args: never) => unknown ? true : false
type IsAny<Type> = 0 extends 1 & Type ? true : false
type Present<Type, Key extends keyof Type> = undefined extends Type[Key]
  ? Exclude<Type[Key], undefined>
  : Type[Key]

type Nothing<Found extends never> = Found
type Same<Left, Right> = [Left, Right] extends [Right, Left] ? true : false
type Holds<Claim extends true> = Claim

/** What is JSON by its making and not spelt out: whoever wants more of it than that has to look. */
type ReadFromJson = `.users.downloadExport.${string}[]` | `.live.stream[].data.data.${string}`

export type EveryOutputIsJson = Nothing<Exclude<Unfaithful<RouterOutputs>, ReadFromJson>>
export type EveryInputIsJson = Nothing<Unfaithful<{ [Key in keyof Inputs]: Inputs[Key] }>>
type Inputs = { [Feature in keyof RouterInputs]: Given<RouterInputs[Feature]> }
type Given<Type> = Type extends void
  ? null
  : Type extends object
    ? { [Key in keyof Type]: Given<Type[Key]> }
    : Type

export type TheTestSeesADate = Holds<Same<Unfaithful<{ items: { at: Date }[] }>, '.items[].at'>>
export type TheTestSeesAMap = Holds<Same<Unfaithful<{ by: Map<string, string> }>, '.by'>>
export type TheTestSeesAny = Holds<Same<Unfaithful<{ name: ReturnType<JSON['parse']> }>, '.name: any'>>
export type TheTestSeesAHoleInAList = Holds<Same<Unfaithful<{ list: (string | undefined)[] }>, '.list[]'>>
export type TheTestSeesABigInt = Holds<Same<Unfaithful<{ count: bigint | null }>, '.count'>>
export type TheTestSeesAnEvent = Holds<Same<Unfaithful<{ on: AsyncIterable<{ at: Date }> }>, '.on[].at'>>
export type TheTestSeesUnknown = Holds<Same<Unfaithful<{ extra: unknown }>, '.extra'>>
export type AFieldMayBeMissing = Holds<Same<Unfaithful<{ token?: string; name: string | null }>, never>>
