import { createClient } from '@tenon/sdk'

// In a browser's program the globals stay a browser's: the SDK brings none of Node's along.
export const client = createClient({ url: '' })
export const timer: number = setTimeout(() => {}, 1)
export const interval: number = setInterval(() => {}, 1)

// @ts-expect-error Node's
void process
// @ts-expect-error Node's
void Buffer
// @ts-expect-error Node's
void setImmediate
// @ts-expect-error Node's
void global
