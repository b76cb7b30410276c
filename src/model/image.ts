/** The published facts of a promoted image. */
export interface PublishedImage {
  readonly imageId: string
  readonly version: string
  readonly imagesByRegion: Readonly<Record<string, string>>
}

/** A base image. It is found before anything is created. */
export interface BaseImage {
  /** The ID in its cloud. `instance` takes it. */
  readonly id: string
  readonly name: string
  /** `sha256:…` of the disk, or its ID if the cloud has no digest. Part of the input hash. */
  readonly digest: string
  /** Family and version, if the base is a promoted image. */
  readonly ancestor?: { readonly family: string; readonly version: string }
}
