import { v7 } from 'uuid'

/** A UUIDv7: unique, and in the order of creation, so lists page by it. */
export const newId = (): string => v7()
