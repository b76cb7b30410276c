import type { CloudDescriptor } from '../../../src/cloud/descriptor.ts'

/** The example cloud: its images are sheets of paper. */
export const paper: CloudDescriptor = {
  name: 'paper',
  title: 'Paper',
  runsHere: false,
  bases: [{ kind: 'sheet', systems: ['linux'], templates: ['sheet'] }],
  section: async () => (await import('./options.ts')).section,
  cloud: async () => (await import('./paper.ts')).openPaper(),
  resources: async () => (await import('./resources.ts')).paperResources,
}
