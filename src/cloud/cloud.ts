import type { CustomResourceOptions, Input, Output, Resource } from '@pulumi/pulumi'
import type { Consumer } from '../model/consumer.ts'
import type { Family } from '../model/family.ts'
import type { Finding } from '../model/finding.ts'
import type { Host } from '../model/host.ts'
import type { BaseImage, PublishedImage } from '../model/image.ts'
import type { OfflineDisk } from '../model/offline-disk.ts'
import type { FamilyOutputs } from '../model/outputs.ts'
import type { Tags } from '../model/tags.ts'

/** Facts of a build that are known before anything is created. */
export interface BuildContext {
  readonly family: Family
  readonly version: string
  readonly build: string
  readonly buildFolder: string
  /** ISO 8601: after this time, `reap` may delete the temporary resources of this build. */
  readonly expires: string
}

/** A machine to start. */
export interface InstanceSpec {
  readonly context: BuildContext
  readonly stage: 'base' | 'trial'
  /** The image to start from: `BaseImage.id` or `ImageResource.imageId`. */
  readonly image: Input<string>
  /** Private key for this instance (a file with mode 0600). Only the public key goes to the machine. */
  readonly publicKey: string
  readonly identityFile: string
  readonly knownHostsFile: string
  /** Whether a VM snapshot of the booted image may be used: for a base machine, but never for a trial. */
  readonly warm: boolean
}

/** A machine in the Pulumi program. */
export interface InstanceResource {
  readonly resource: Resource
  readonly instanceId: Output<string>
  /** The kind of machine that the build got, if the cloud has several: for the record. */
  readonly kind?: Output<string>
  /** Resolved when login works; that is the end of the creation. */
  readonly host: Output<Host>
}

/** An image to create. */
export interface ImageSpec {
  readonly context: BuildContext
  readonly name: string
  /** Tags of the image; `stage` is candidate or promoted. */
  readonly tags: Tags
}

/** An image in the Pulumi program. */
export interface ImageResource {
  readonly resource: Resource
  readonly imageId: Output<string>
  readonly imageName: Output<string>
  /** `sha256:…` if the cloud has a digest, else the image ID. */
  readonly digest: Output<string>
  /** Image IDs by region. The local cloud has one entry, `local`. */
  readonly imagesByRegion: Output<Record<string, string>>
}

/** A resource in a cloud that has the tags of a build. */
export interface Created {
  readonly kind: 'instance' | 'image' | 'snapshot' | 'volume' | 'key' | 'network'
  readonly id: string
  readonly tags: Tags
  readonly state: 'running' | 'stopped' | 'available' | 'pending'
  /** Why no build made it, although it has the tags: anyone who may write tags can copy them. */
  readonly foreign?: string
  /** Writes what the cloud can provide from outside the machine (console log, screenshot) to the folder. */
  saveConsole?(folder: string): Promise<void>
  /** The end of the text on the console of the machine; empty if there is none. */
  readConsole?(): Promise<string>
}

/** The part of a cloud that `reap`, the preflight and the steps use. It must not import Pulumi, so that it loads quickly. */
export interface Cloud {
  readonly name: string
  readonly region: string
  /**
   * The base image of the family; it is created first if it must be built.
   * Also runs the preflight checks: throws UsageError (bad base) or MissingError (credentials, tools, quota, disk).
   */
  resolveBase(family: Family, search: BaseSearch): Promise<BaseImage>
  /**
   * Checks that nothing outside of this state has a name that the build needs. Throws MissingError. Only for clouds in which several states
   * share names.
   */
  requireFreeNames?(family: Family, names: BuildNames): Promise<void>
  /**
   * All resources with these tags. `regions`: where images of the project are or were (`imagesByRegion`). A cloud with several regions also
   * looks there, as far as it can.
   */
  list(tags: Partial<Tags>, regions?: Iterable<string>): Promise<readonly Created[]>
  /**
   * Tags and returns the parts of these resources that a removal by the engine may leave. Only for clouds whose resources have such parts.
   */
  tagParts?(created: readonly Created[]): Promise<readonly Created[]>
  /**
   * Kinds of resources that are deleted before the engine removes those in the state of a build. Only for clouds in which one that is not in
   * the state prevents that: a network cannot be deleted while a machine uses it.
   */
  readonly removedFirst?: readonly Created['kind'][]
  /**
   * Why the cloud itself has stopped or ended a machine of a build; undefined if it has not. Only for clouds that do that, such as with spot
   * instances.
   */
  findInterruption?(build: string): Promise<Error | undefined>
  /**
   * The error for a call that the cloud refuses its provider, by the message of the provider: the credentials or their permissions are at
   * fault, and not the image. Undefined for another message. Only for clouds with credentials.
   */
  findRefusal?(message: string): Error | undefined
  /** Deletes such a resource with what depends on it. Succeeds if it does not exist. */
  delete(created: Created): Promise<void>
  /**
   * The administrator's password of an instance, encrypted for its RSA key (PKCS #1 v1.5, base64); undefined until it is available.
   * Only for clouds that generate passwords.
   */
  findPasswordData?(instanceId: string, signal: AbortSignal): Promise<string | undefined>
  /**
   * The hypervisor of this cloud, for doctor, the first line of a build and the record. It is a warning if machines could run faster.
   * Only for clouds whose machines run on this computer.
   */
  describeHost?(): Promise<Finding>
  /** Why an instance is paused, as an error; undefined if it is not. Only for clouds whose machines run on this computer. */
  findPause?(instanceId: string): Promise<Error | undefined>
  /**
   * Opens the disk of the image that an instance was started from, without starting anything. Only for clouds whose images are files of
   * this computer; undefined if the instance or its image does not exist. Throws if the disk is damaged.
   */
  openImageOf?(instanceId: string, signal: AbortSignal): Promise<OfflineDisk | undefined>
  /** The path of an image. Only for clouds whose images are files on this computer; undefined if the image does not exist. */
  findImageFile?(imageId: string): string | undefined
  /** The consumers of promoted images of a family. Only for clouds that can list them. */
  consumers?(family: string): Promise<readonly Consumer[]>
}

/** The names that a build needs. */
export interface BuildNames {
  /** Names of the images that it creates. */
  readonly images: readonly string[]
  /** Names of the resources in the stack of the family: what this state has published already. */
  readonly published: ReadonlySet<string>
}

/** Input for finding the base image of a family. */
export interface BaseSearch {
  readonly progress: (line: string) => void
  /** Called with a problem that may end the build later: one sentence. */
  readonly warn: (warning: string) => void
  readonly signal: AbortSignal
  /** The latest good image of the parent family on this cloud. Throws UsageError if there is none. */
  readonly latestGood: () => Promise<FamilyOutputs>
}

/** The resources of a cloud. Each call declares resources in the running Pulumi program. */
export interface CloudResources {
  /** The instance and the resources that it needs, as children of `options.parent`. */
  instance(name: string, spec: InstanceSpec, options: CustomResourceOptions): InstanceResource
  /** The candidate image of a stopped instance. */
  image(name: string, spec: ImageSpec & { readonly instance: InstanceResource }, options: CustomResourceOptions): ImageResource
  /** The promoted image: a copy that stays when the candidate is deleted. */
  copy(name: string, spec: ImageSpec & { readonly source: Input<string> }, options: CustomResourceOptions): ImageResource
  /**
   * Publishes the image under a name in the cloud (an SSM parameter), as resources of the family stack. The outputs of that stack depend
   * on it: if the name cannot be set, the outputs do not change.
   */
  publish?(family: string, image: PublishedImage, options: PublishOptions): Output<unknown>
}

/** How long a cloud may take to change a name after it has accepted an update, in ms. For AWS, its documentation says: some minutes. */
export const publishDelayMs = 300_000

/** Options of `CloudResources.publish`. */
export interface PublishOptions {
  /** The sections of the clouds in the family file. */
  readonly sections?: Family['sections'] | undefined
  /** How long the name is watched, in ms, and set again if an earlier update changes it late. Undefined: only until it is set. */
  readonly holdMs?: number | undefined
}
