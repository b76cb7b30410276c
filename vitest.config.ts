import { availableParallelism, totalmem } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/longest-first.ts'

/** Memory of a test file that starts machines, in GiB: two guests, engine, Ansible, an API server. */
const memoryOfFile = 6
const filesAtOnce = Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / 2 ** 30 / memoryOfFile)))

/** Three kinds of tests by suffix: `.test.ts` needs no machine; `.vm.test.ts` starts QEMU; `.aws.test.ts` uses an EC2 API server. */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    reporters: process.env.CI ? ['default', './test/skip-is-failure.ts'] : ['default'],
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.vm.test.ts', 'test/**/*.aws.test.ts'],
          // Long, because a time-out on a busy computer is not a failure of the program.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 100_000 } },
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'vm',
          include: ['test/**/*.vm.test.ts', 'test/**/*.aws.test.ts'],
          // A busy machine without KVM is slow, and a test that is given up says nothing.
          testTimeout: 1_800_000,
          hookTimeout: 1_800_000,
          expect: { poll: { timeout: 100_000 } },
          maxWorkers: filesAtOnce,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
