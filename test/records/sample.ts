import type { BuildRecord } from '../../src/model/record.ts'

const start = Date.parse('2026-11-23T13:04:05.000Z')
const at = (seconds: number): string => new Date(start + seconds * 1000).toISOString()

/** The record of a build that passed, with one suite and the given changes. */
export function sampleRecord(parts: Partial<BuildRecord> = {}): BuildRecord {
  return {
    schemaVersion: 1,
    family: 'linux-web',
    version: '2026.11.23',
    build: '0123456789ab',
    cloud: 'local',
    status: 'promoted',
    startedAt: at(0),
    endedAt: at(41.3),
    durationMs: 41_300,
    phases: [
      { phase: 'resolve', status: 'done', startedAt: at(0), durationMs: 420 },
      { phase: 'base', status: 'done', startedAt: at(0.4), durationMs: 2600 },
      { phase: 'configure', status: 'done', startedAt: at(3), durationMs: 14_200 },
      { phase: 'seal', status: 'done', startedAt: at(17.2), durationMs: 4100 },
      { phase: 'candidate', status: 'done', startedAt: at(21.3), durationMs: 600 },
      { phase: 'trial', status: 'done', startedAt: at(21.9), durationMs: 14_000 },
      { phase: 'verify', status: 'done', startedAt: at(35.9), durationMs: 3900 },
      { phase: 'copy', status: 'done', startedAt: at(22), durationMs: 5000 },
      { phase: 'clean', status: 'done', startedAt: at(39.8), durationMs: 900 },
      { phase: 'promote', status: 'done', startedAt: at(40.7), durationMs: 600 },
    ],
    tasks: [
      { phase: 'configure', name: 'Install nginx', status: 'changed', durationMs: 6100 },
      { phase: 'configure', name: 'Serve the page', status: 'changed', durationMs: 300 },
      { phase: 'configure', name: 'Keep the clock right', status: 'ok', durationMs: 120 },
    ],
    suites: [
      {
        suite: 'goss verify/goss.yaml',
        verifier: 'goss',
        durationMs: 900,
        junit: 'junit/goss.xml',
        cases: [
          { name: 'Port: tcp:80: listening', status: 'passed', durationMs: 4 },
          { name: 'HTTP: http://localhost/: status', status: 'passed', durationMs: 22 },
        ],
      },
    ],
    base: {
      id: '/images/base.qcow2',
      name: 'linux-base-2026.11.22',
      digest: `sha256:${'ab'.repeat(32)}`,
      ancestor: { family: 'linux-base', version: '2026.11.22' },
    },
    inputsDigest: `sha256:${'cd'.repeat(32)}`,
    image: {
      imageId: '/images/linux-web-2026.11.23.qcow2',
      imageName: 'linux-web-2026.11.23',
      digest: `sha256:${'ef'.repeat(32)}`,
      region: 'local',
      imagesByRegion: { local: '/images/linux-web-2026.11.23.qcow2' },
      imagePath: '/images/linux-web-2026.11.23.qcow2',
      promotedAt: at(41.3),
      previousVersion: '2026.11.21',
    },
    tools: { bakehouse: '0.1.0', pulumi: '3.259.0', 'ansible-core': '2.19.4', qemu: '7.2.19', node: '24.21.0' },
    sourceCommit: '0d9697ce0d9697ce0d9697ce0d9697ce0d9697ce',
    buildStack: 'bakehouse/linux-web-2026.11.23',
    ...parts,
  }
}

/** The record of a build that failed in verify. */
export function failedRecord(parts: Partial<BuildRecord> = {}): BuildRecord {
  const { image: _image, ...good } = sampleRecord()
  const [suite] = good.suites
  return {
    ...good,
    status: 'failed',
    phases: good.phases.slice(0, 7).map((phase) => (phase.phase === 'verify' ? { ...phase, status: 'failed' as const } : phase)),
    suites: [
      ...(suite ? [suite] : []),
      {
        suite: 'hygiene',
        verifier: 'built-in',
        durationMs: 1200,
        junit: 'junit/hygiene.xml',
        cases: [
          { name: 'machine-id is new', status: 'passed', durationMs: 1 },
          {
            name: 'no authorized keys are left',
            status: 'failed',
            durationMs: 3,
            message: 'expected no key in /root/.ssh/authorized_keys\ngot ssh-ed25519 AAAA… <build@host> & "friends"',
          },
          { name: 'no-shell-history', title: 'Checks shell history of all users.', status: 'skipped', durationMs: 0, message: 'no shell' },
        ],
      },
    ],
    error: {
      phase: 'verify',
      message: '1 of 5 cases failed: hygiene: no authorized keys are left\nexpected no key in /root/.ssh/authorized_keys',
      hint: 'bake again with --keep failed to look at the machine',
    },
    ...parts,
  }
}
