import {
  EC2Client,
  EnableAllowedImagesSettingsCommand,
  GetAllowedImagesSettingsCommand,
  type ImageCriterion,
  ReplaceImageCriteriaInAllowedImagesSettingsCommand,
} from '@aws-sdk/client-ec2'
import { requestHandler } from '../../src/cloud/aws/request-handler.ts'
import { watermarkName } from '../../src/cloud/aws/tags.ts'

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
  const ours = families.map((family) => ({ WatermarkKey: `${owner}:${watermarkName(family)}` }))
  return [...found.filter((criterion) => !isOurs(criterion, owner)), { ImageWatermarks: ours }]
}

/** Whether a criterion has only watermarks of promoted images of that account. */
function isOurs({ ImageWatermarks: marks = [], ...rest }: ImageCriterion, owner: string): boolean {
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

if (import.meta.main) {
  const [owner = '', list = '', state = 'audit-mode'] = process.argv.slice(2)
  if (!/^\d{12}$/.test(owner) || list === '' || (state !== 'audit-mode' && state !== 'enabled')) {
    process.stderr.write(
      'Expected an account and families: node stacks/allowed-images/allow.ts 111111111111 linux-base,linux-web [audit-mode|enabled]\n',
    )
    process.exit(2)
  }
  const set = await allow({ owner, families: list.split(','), state })
  process.stdout.write(`${JSON.stringify(set, undefined, 2)}\n`)
}
