import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts'],
    globalSetup: ['src/testing/global-setup.ts'],
    // Much of a test is waiting for PostgreSQL, so no core is left free; and no more than its connections allow.
    maxWorkers: Math.min(availableParallelism(), 4),
    // Longer than anything is waited for, so that what did not come is named.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    reporters: ['default', 'json'],
    outputFile: { json: 'reports/vitest.json' },
    coverage: {
      enabled: true,
      provider: 'v8',
      include: ['src/**/*.ts', 'migrations/*.ts'],
      exclude: ['src/testing/**', '**/*.test.ts', '**/tables.ts'],
      reporter: ['text-summary', 'json-summary', 'json'],
      reportsDirectory: 'reports/coverage',
    },
  },
})
