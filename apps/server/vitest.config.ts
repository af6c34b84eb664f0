import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts'],
    globalSetup: ['@tenon/api/testing/global-setup'],
    // Longer than anything is waited for, so that what did not come is named.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    reporters: ['default', 'json'],
    outputFile: { json: 'reports/vitest.json' },
    coverage: {
      enabled: true,
      provider: 'v8',
      include: ['src/**/*.ts'],
      // The programs are a line each, run as processes of their own.
      exclude: ['src/testing/**', '**/*.test.ts', 'src/{main,worker,cli}.ts'],
      reporter: ['text-summary', 'json-summary', 'json'],
      reportsDirectory: 'reports/coverage',
    },
  },
})
