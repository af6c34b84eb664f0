/**
 * For those who use `@trpc/client` bare: its types ask for a transformer because `AppRouter` says that outputs
 * arrive as they are. They do, as plain JSON; this changes nothing.
 *
 * @example
 * const client = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url, transformer })] })
 */
export const transformer = {
  serialize: (value: unknown): unknown => value,
  deserialize: (value: unknown): unknown => value,
}
