import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { servePlugin } from '../../../src/engine/plugin/serve.ts'
import { group, launchTemplate } from './groups.ts'
import { amiCopy, amiFromInstance, amiLaunchPermission, parameter } from './images.ts'
import { keyPair, securityGroup } from './machines.ts'

const sdk = createRequire(import.meta.url).resolve('@pulumi/aws/package.json')
const { version } = JSON.parse(readFileSync(sdk, 'utf8')) as { version: string }

// The engine warns if this version differs from that of the SDK.
await servePlugin({
  name: 'aws',
  version,
  resources: {
    'aws:ec2/amiCopy:AmiCopy': amiCopy,
    'aws:ec2/amiFromInstance:AmiFromInstance': amiFromInstance,
    'aws:ec2/amiLaunchPermission:AmiLaunchPermission': amiLaunchPermission,
    'aws:ec2/keyPair:KeyPair': keyPair,
    'aws:ec2/launchTemplate:LaunchTemplate': launchTemplate,
    'aws:ec2/securityGroup:SecurityGroup': securityGroup,
    'aws:autoscaling/group:Group': group,
    'aws:ssm/parameter:Parameter': parameter,
  },
})
