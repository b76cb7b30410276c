import { defineConfig } from 'vitest/config'

/** Three rings by suffix: `.test.ts` needs no machine; `.vm.test.ts` starts QEMU; `.aws.test.ts` talks to an EC2 API server. */
export default defineConfig({
  test: {
    reporters: process.env.CI ? ['default', './test/skip-is-failure.ts'] : ['default'],
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.vm.test.ts', 'test/**/*.aws.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'vm',
          include: ['test/**/*.vm.test.ts', 'test/**/*.aws.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
          maxWorkers: 1,
          fileParallelism: false,
        },
      },
    ],
  },
})
