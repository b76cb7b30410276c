import type { Answer, Call } from './call.ts'
import { motoImage } from './moto.ts'
import { renderPasswordData } from './password-data.ts'

/** Properties of images that moto does not store, by image ID. */
export interface Missing {
  readonly protected: Set<string>
  readonly imds: Set<string>
  readonly deprecated: Map<string, string>
  readonly descriptions: Map<string, string>
  readonly watermarks: Map<string, string>
  /** Public keys by key pair name, and the key pair of each instance. */
  readonly keys: Map<string, string>
  readonly pairs: Map<string, string>
  /** The setting Allowed AMIs of the account: its state, and its criteria as XML. */
  readonly allowed: { state: string; criteria: string }
}

/** Simulated values: the administrator's password of Windows instances, and the vCPU quota. */
export interface Simulated {
  readonly password: string | undefined
  readonly processors: number | undefined
}

export function createMissing(): Missing {
  const [keys, pairs] = [new Map<string, string>(), new Map<string, string>()]
  const allowed = { state: 'disabled', criteria: '' }
  const [deprecated, descriptions, watermarks] = [new Map(), new Map(), new Map()]
  return { protected: new Set(), imds: new Set(), deprecated, descriptions, watermarks, keys, pairs, allowed }
}

const namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/'

/** The answer to an action that moto does not have. Like EC2, it refuses to deregister a protected image. */
export function findMissing({ service, action, body }: Call, missing: Missing, { password, processors }: Simulated): Answer | undefined {
  if (action === 'GetServiceQuota' && processors !== undefined) {
    return { status: 200, body: JSON.stringify({ Quota: { Value: processors } }) }
  }
  if (action === 'GetParameter') return findWindowsImage(body)
  if (service !== 'ec2') return undefined
  const parameters = new Map(body.split('&').map((pair) => pair.split('=', 2) as [string, string]))
  const image = parameters.get('ImageId') ?? ''
  const done = (result = '<return>true</return>'): Answer => ({
    status: 200,
    body: `<?xml version="1.0"?><${action}Response xmlns="${namespace}"><requestId>test</requestId>${result}</${action}Response>`,
  })
  if (action === 'DeregisterImage' && missing.protected.has(image)) return { status: 400, code: 'OperationNotPermitted' }
  if (action === 'EnableImageDeregistrationProtection') return done(`<return>${missing.protected.add(image).size}</return>`)
  if (action === 'DisableImageDeregistrationProtection') return done(`<return>${missing.protected.delete(image)}</return>`)
  if (action === 'EnableImageDeprecation') {
    missing.deprecated.set(image, parameters.get('DeprecateAt') ?? '')
    return done()
  }
  if (action === 'AttachImageWatermark') {
    missing.watermarks.set(image, parameters.get('WatermarkName') ?? '')
    return done(`<watermarkKey>${parameters.get('WatermarkName')}</watermarkKey>`)
  }
  if (action === 'ModifyImageAttribute' && parameters.get('Attribute') === 'imdsSupport') {
    missing.imds.add(image)
    return done()
  }
  if (action === 'ModifyImageAttribute' && parameters.has('Description.Value')) {
    missing.descriptions.set(image, parameters.get('Description.Value') ?? '')
    return done()
  }
  if (action === 'ImportKeyPair') {
    const material = Buffer.from(parameters.get('PublicKeyMaterial') ?? '', 'base64').toString()
    missing.keys.set(parameters.get('KeyName') ?? '', material)
  }
  if (action === 'GetPasswordData' && password !== undefined) {
    const key = missing.keys.get(missing.pairs.get(parameters.get('InstanceId') ?? '') ?? '') ?? ''
    return done(`<passwordData>${renderPasswordData(password, key)}</passwordData>`)
  }
  if (action === 'EnableAllowedImagesSettings') {
    missing.allowed.state = parameters.get('AllowedImagesSettingsState') ?? ''
    return done(`<allowedImagesSettingsState>${missing.allowed.state}</allowedImagesSettingsState>`)
  }
  if (action === 'ReplaceImageCriteriaInAllowedImagesSettings') {
    missing.allowed.criteria = renderCriteria(parameters)
    return done()
  }
  if (action === 'GetAllowedImagesSettings') {
    return done(`<state>${missing.allowed.state}</state><imageCriterionSet>${missing.allowed.criteria}</imageCriterionSet>`)
  }
  if (action === 'GetConsoleScreenshot') return done('<imageData>AAAA</imageData>')
  return undefined
}

/** The parameter of AWS for the newest Windows image. The API server has it in some regions only. */
function findWindowsImage(body: string): Answer | undefined {
  const { Name = '' } = JSON.parse(body) as { Name?: string }
  if (!Name.startsWith('/aws/service/ami-windows-latest/')) return undefined
  return {
    status: 200,
    body: JSON.stringify({ Parameter: { Name, Type: 'String', Value: motoImage, Version: 1, DataType: 'aws:ec2:image' } }),
  }
}

/** The criteria of a request for Allowed AMIs (owners and watermarks), as XML for an answer. */
function renderCriteria(parameters: ReadonlyMap<string, string>): string {
  const items: string[] = []
  for (let at = 1; [...parameters.keys()].some((key) => key.startsWith(`ImageCriterion.${at}.`)); at++) {
    const values = (name: string): string[] =>
      [...parameters].filter(([key]) => key.startsWith(`ImageCriterion.${at}.${name}.`)).map(([, value]) => value)
    const owners = values('ImageProvider').map((owner) => `<item>${owner}</item>`)
    const marks = values('ImageWatermark').map((mark) => `<item><watermarkKey>${mark}</watermarkKey></item>`)
    const sets = [
      owners.length && `<imageProviderSet>${owners.join('')}</imageProviderSet>`,
      marks.length && `<imageWatermarkSet>${marks.join('')}</imageWatermarkSet>`,
    ]
    items.push(`<item>${sets.filter(Boolean).join('')}</item>`)
  }
  return items.join('')
}

/** Adds properties that moto does not store to its descriptions of images, and records the key pair of each instance. */
export function completeAnswer({ action, body }: Call, text: string, missing: Missing): string {
  if (action === 'RunInstances') {
    const [instance, pair] = [/<instanceId>(.*?)</, /<keyName>(.*?)</].map((pattern) => pattern.exec(text)?.[1] ?? '')
    missing.pairs.set(instance ?? '', pair ?? '')
  }
  // moto stores the tags of a template among those of its instances.
  if (action === 'DescribeLaunchTemplateVersions') {
    return text.replaceAll(/<item><resourceType>launch-template<\/resourceType>.*?<\/tagSet><\/item>/g, '')
  }
  if (action === 'DeleteLaunchTemplate' && body.includes('LaunchTemplateId=')) {
    return text.replace('InvalidLaunchTemplateName.NotFoundException', 'InvalidLaunchTemplateId.NotFound')
  }
  if (action !== 'DescribeImages') return text
  return describeAgain(text, missing).replaceAll(/<imageId>(ami-[0-9a-f]+)<\/imageId>/g, (whole, id: string) => {
    const extra = [
      missing.protected.has(id) ? '<deregistrationProtection>enabled-without-cooldown</deregistrationProtection>' : '',
      missing.imds.has(id) ? '<imdsSupport>v2.0</imdsSupport>' : '',
      missing.watermarks.has(id)
        ? `<imageWatermarkSet><item><watermarkKey>123456789012:${missing.watermarks.get(id)}</watermarkKey></item></imageWatermarkSet>`
        : '',
      missing.deprecated.has(id) ? `<deprecationTime>${missing.deprecated.get(id)}</deprecationTime>` : '',
    ]
    return whole + extra.join('')
  })
}

/** Changes the descriptions of images, which moto does not. A description stands before the ID of its image. */
function describeAgain(text: string, { descriptions }: Missing): string {
  return [...descriptions].reduce((before, [id, description]) => {
    const pattern = new RegExp(`<description>[^<]*</description>((?:(?!<imageId>|<description>).)*<imageId>${id}</imageId>)`)
    return before.replace(pattern, `<description>${description}</description>$1`)
  }, text)
}
