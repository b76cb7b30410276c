import type { CloudDescriptor } from '../descriptor.ts'
import { findAttempts } from './attempts.ts'

/** EC2, with the region and credentials of the environment. */
export const aws: CloudDescriptor = {
  name: 'aws',
  title: 'EC2',
  runsHere: false,
  bases: [{ kind: 'ami' }, { kind: 'amiId' }, { kind: 'parameter', templates: ['parameter'] }],
  providerConfig: () => ({ 'aws:maxRetries': String(findAttempts()) }),
  section: async () => (await import('./options.ts')).section,
  cloud: async () => (await import('./aws.ts')).aws(),
  resources: async () => (await import('./resources.ts')).awsResources,
}
