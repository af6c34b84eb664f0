import tailwindcss from '@tailwindcss/vite'
import { tanstackRouter } from '@tanstack/router-plugin/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { knownPages } from './vite/known-pages.ts'
import { precompressed } from './vite/precompressed.ts'
import { themeScript } from './vite/theme-script.ts'

const routeTree = './src/route-tree.gen.ts'
const api = process.env.TENON_API_URL ?? 'http://localhost:3000'
const apiPaths = '/trpc /api /dev /docs /openapi.json /livez /readyz /metrics /.well-known'.split(' ')

// What every page needs comes in two files; what only forms need in a third, with the first page that has one.
const chunks = [
  {
    name: 'vendor',
    test: /node_modules\/(react|react-dom|scheduler|@tanstack|@trpc)\/|packages\/sdk\/|csp-/,
    priority: 3,
  },
  {
    name: 'base',
    test: /lucide-react\/|src\/(api|session\/use-me|shell\/shell|ui\/(badge|button|card|loaded|page-header|text-link|time))/,
    priority: 2,
  },
  { name: 'forms', test: /src\/ui\/(callout|form|[a-z-]*fields?)\.tsx/, priority: 1 },
]

export default defineConfig({
  plugins: [
    tanstackRouter({
      target: 'react',
      autoCodeSplitting: true,
      generatedRouteTree: routeTree,
      quoteStyle: 'single',
      semicolons: false,
      tmpDir: './node_modules/.cache/tanstack',
    }),
    react(),
    tailwindcss(),
    themeScript(),
    knownPages(new URL(routeTree, import.meta.url)),
    precompressed(),
  ],
  server: {
    port: 5173,
    strictPort: true,
    proxy: Object.fromEntries(apiPaths.map((path) => [path, api])),
  },
  build: {
    // The policy allows no data: addresses, so nothing is inlined.
    assetsInlineLimit: 0,
    sourcemap: false,
    rolldownOptions: { output: { codeSplitting: { groups: chunks } } },
  },
})
