import { join } from 'node:path'

/** The package's entries, from the folder that holds them as `.ts` or as `.d.ts`. */
export const entries = (folder, extension) => ({
  index: join(folder, `index${extension}`),
  trpc: join(folder, `trpc${extension}`),
})

/** The second entry imports the first as its users do: built together, both would import a third, nameless file. */
export const entriesApart = {
  name: 'entries-apart',
  resolveId: {
    filter: { id: /^\.\/index\.ts$/ },
    handler: (id, importer) =>
      /\/src\/trpc\.(d\.)?ts$/.test(importer ?? '') ? { id: './index.js', external: true } : null,
  },
}
