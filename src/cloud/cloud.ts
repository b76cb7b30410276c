import type { CustomResourceOptions, Input, Output, Resource } from '@pulumi/pulumi'
import type { Consumer } from '../model/consumer.ts'
import type { Family } from '../model/family.ts'
import type { Finding } from '../model/finding.ts'
import type { Host } from '../model/host.ts'
import type { BaseImage, LatestImage, PublishedImage } from '../model/image.ts'
import type { Tags } from '../model/tags.ts'

/** One build's fixed facts, known before anything is created. */
export interface BuildContext {
  readonly family: Family
  readonly version: string
  readonly build: string
  readonly buildFolder: string
  /** ISO 8601: when temporaries of this build may be removed by anybody. */
  readonly expires: string
}

export interface InstanceSpec {
  readonly context: BuildContext
  readonly stage: 'base' | 'trial'
  /** The image to start from: an id as `BaseImage.id` or `ImageResource.imageId` gives it. */
  readonly image: Input<string>
  /** The instance's own key pair: the public half goes to the guest, the private half stays in this file (0600). */
  readonly publicKey: string
  readonly identityFile: string
  readonly knownHostsFile: string
  /** A memory snapshot of the booted image may be used: right for a base, never for a trial. */
  readonly warm: boolean
}

export interface InstanceResource {
  readonly resource: Resource
  readonly instanceId: Output<string>
  /** Known once the instance answers: creation ends when it can be logged in to. */
  readonly host: Output<Host>
}

export interface ImageSpec {
  readonly context: BuildContext
  readonly name: string
  /** Tags of the image; `stage` says candidate or promoted. */
  readonly tags: Tags
}

export interface ImageResource {
  readonly resource: Resource
  readonly imageId: Output<string>
  readonly imageName: Output<string>
  /** `sha256:…` where the cloud has one, else the image id. */
  readonly digest: Output<string>
  /** By region; one entry, `local`, on the local cloud. */
  readonly imagesByRegion: Output<Record<string, string>>
}

/** Something a cloud holds with a build's tags on it. */
export interface Created {
  readonly kind: 'instance' | 'image' | 'snapshot' | 'volume' | 'key' | 'network'
  readonly id: string
  readonly tags: Tags
  readonly state: 'running' | 'stopped' | 'available' | 'pending'
  /** Console log, screenshot: whatever the cloud can tell of it from outside, as files in the folder. */
  diagnose?(folder: string): Promise<void>
}

/** What the reaper, the preflight and the steps need: no Pulumi in it, quick to load. */
export interface Cloud {
  readonly name: string
  readonly region: string
  /**
   * The image the family starts from, made first where the family asks for that.
   * Doubles as preflight: throws UsageError (bad base) or MissingError (credentials, tools, quota, disk).
   */
  resolveBase(family: Family, search: BaseSearch): Promise<BaseImage>
  /** Everything that carries these tags. */
  list(tags: Partial<Tags>): Promise<readonly Created[]>
  /** Removes one such thing, with all that hangs on it; absent already is success. */
  delete(created: Created): Promise<void>
  /**
   * The administrator's password of an instance, encrypted to the instance's RSA key (PKCS #1 v1.5, base64); undefined while there
   * is none yet. Only where the cloud makes such passwords.
   */
  findPasswordData?(instanceId: string, signal: AbortSignal): Promise<string | undefined>
  /**
   * What runs the machines of this cloud: for doctor, the first line of a bake and the record. A warning where they could run faster.
   * Only where the machines run on this computer.
   */
  describeHost?(): Promise<Finding>
  /** Who uses which promoted image of a family. Only where the cloud can tell. */
  consumers?(family: string): Promise<readonly Consumer[]>
}

/** What a cloud needs to find the image a family starts from. */
export interface BaseSearch {
  readonly progress: (line: string) => void
  readonly signal: AbortSignal
  /** The latest good image, on this cloud, of the family that this one starts from. Throws UsageError where there is none. */
  readonly latestGood: () => Promise<LatestImage>
}

/** What the graph is made of: each call declares resources of the running Pulumi program. */
export interface CloudResources {
  /** The instance and whatever it needs around it, as children of `options.parent`. */
  instance(name: string, spec: InstanceSpec, options: CustomResourceOptions): InstanceResource
  /** The candidate, made from a stopped instance. */
  image(name: string, spec: ImageSpec & { readonly instance: InstanceResource }, options: CustomResourceOptions): ImageResource
  /** The promoted copy of a candidate: lives on when the candidate is gone. */
  copy(name: string, spec: ImageSpec & { readonly source: Input<string> }, options: CustomResourceOptions): ImageResource
  /**
   * Offers the image to those who resolve it by a name of the cloud, as resources of the family stack. The outputs of that
   * stack wait for it, so that a name that could not be set leaves them as they were.
   */
  publish?(family: string, image: PublishedImage): Output<unknown>
}
