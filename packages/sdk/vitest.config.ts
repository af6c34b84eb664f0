import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    globalSetup: ['@tenon/api/testing/global-setup'],
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 90_000,
    hookTimeout: 120_000,
    restoreMocks: true,
    unstubGlobals: true,
    reporters: ['default', 'json'],
    outputFile: { json: 'reports/vitest.json' },
    coverage: {
      enabled: true,
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/testing/**', '**/*.test.ts'],
      reporter: ['text-summary', 'json-summary', 'json'],
      reportsDirectory: 'reports/coverage',
      thresholds: { lines: 90 },
    },
  },
})
