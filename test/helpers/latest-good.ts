import type { LatestGood } from '../../src/model/outputs.ts'

/** The outputs of a family stack after a promotion, with the given changes. */
export function sampleLatestGood(parts: Partial<LatestGood> = {}): LatestGood {
  return {
    imageId: 'linux-base-2026.11.23',
    imageName: 'linux-base-2026.11.23',
    version: '2026.11.23',
    family: 'linux-base',
    cloud: 'local',
    region: 'local',
    imagesByRegion: { local: 'linux-base-2026.11.23' },
    baseImage: 'debian-bookworm',
    digest: `sha256:${'ef'.repeat(32)}`,
    verified: [{ suite: 'hygiene', passed: 40, failed: 0, at: '2026-11-23T13:04:05.000Z' }],
    promotedAt: '2026-11-23T13:04:05.000Z',
    sourceCommit: '',
    buildStack: 'bakehouse/linux-base-2026.11.23',
    previousVersion: '',
    inputsDigest: `sha256:${'cd'.repeat(32)}`,
    ...parts,
  }
}
