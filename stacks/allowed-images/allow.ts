import {
  EC2Client,
  EnableAllowedImagesSettingsCommand,
  GetAllowedImagesSettingsCommand,
  type ImageCriterion,
  ReplaceImageCriteriaInAllowedImagesSettingsCommand,
} from '@aws-sdk/client-ec2'
import { ask, findRegion } from '../../src/cloud/aws/clients.ts'
import { watermarkName } from '../../src/cloud/aws/tags.ts'
import { UsageError } from '../../src/core/errors.ts'
import { printJson } from '../../src/core/output.ts'
import { requestHandler } from '../../src/core/request-handler.ts'
import { runSmallProgram, type SmallProgram } from '../../src/core/small-program.ts'

/** Which promoted images an account may launch. */
export interface AllowRequest {
  /** The account that builds. A watermark contains the number of the account that attached it. */
  readonly owner: string
  readonly families: readonly string[]
  /** `audit-mode` reports images that are not allowed; `enabled` prevents launching them. */
  readonly state: 'audit-mode' | 'enabled'
}

/** The criteria of an account, with the criteria of an earlier call replaced. Criteria of others are kept. */
export function criteriaWith({ owner, families }: AllowRequest, found: readonly ImageCriterion[]): ImageCriterion[] {
  const marks = families.map((family) => ({ WatermarkKey: `${owner}:${watermarkName(family)}` }))
  return [...found.filter((criterion) => !isOfOwner(criterion, owner)), { ImageWatermarks: marks }]
}

/** Whether a criterion has only watermarks of promoted images of that account. */
function isOfOwner({ ImageWatermarks: marks = [], ...rest }: ImageCriterion, owner: string): boolean {
  const others = Object.values(rest).filter((value) => (Array.isArray(value) ? value.length > 0 : value !== undefined))
  return (
    marks.length > 0 &&
    others.length === 0 &&
    marks.every(({ WatermarkKey = '' }) => WatermarkKey.startsWith(`${owner}:${watermarkName('')}`))
  )
}

/** Sets the criteria before the state, so that old criteria refuse no image. Returns the new settings. */
export async function allow(request: AllowRequest): Promise<{ state: string; criteria: readonly ImageCriterion[] }> {
  const client = new EC2Client({ maxAttempts: 12, requestHandler })
  const { ImageCriteria: found = [] } = await client.send(new GetAllowedImagesSettingsCommand({}))
  await client.send(new ReplaceImageCriteriaInAllowedImagesSettingsCommand({ ImageCriteria: criteriaWith(request, found) }))
  await client.send(new EnableAllowedImagesSettingsCommand({ AllowedImagesSettingsState: request.state }))
  const { State = '', ImageCriteria = [] } = await client.send(new GetAllowedImagesSettingsCommand({}))
  return { state: State, criteria: ImageCriteria }
}

const program: SmallProgram = {
  command: 'node stacks/allowed-images/allow.ts',
  describe:
    'Sets the Allowed AMIs setting of the current AWS account: only promoted images with a watermark of these families may be launched.',
  words: [
    { name: 'account', describe: 'number of the account that builds the images, 12 digits' },
    { name: 'families', describe: 'names of the families, separated by commas' },
    {
      name: 'state',
      isOptional: true,
      describe: 'what happens with other images  [default: audit-mode]',
      choices: { 'audit-mode': 'they are reported', enabled: 'they cannot be launched' },
    },
  ],
  examples: [
    ['111111111111 linux-base,linux-web', 'report all other images'],
    ['111111111111 linux-base,linux-web enabled', 'forbid all other images'],
  ],
  run: async ({ words: [owner = '', list = '', state = 'audit-mode'] }) => {
    if (!/^\d{12}$/.test(owner)) {
      throw new UsageError(`Expected the number of an account, 12 digits, got "${owner}"`, {
        hint: 'aws sts get-caller-identity prints the number of the account that you are logged in to',
      })
    }
    const request = { owner, families: list.split(','), state: state as AllowRequest['state'] }
    await findRegion()
    const set = await ask('to change the Allowed AMIs setting', () => allow(request))
    printJson(set)
    return 0
  },
}

if (import.meta.main) process.exitCode = await runSmallProgram(program, process.argv.slice(2))
