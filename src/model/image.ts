/** The latest good image of a family, as the outputs of its stack have it. */
export interface LatestImage extends PublishedImage {
  readonly family: string
  readonly imageName: string
  readonly digest: string
}

/** What is published of a promoted image. */
export interface PublishedImage {
  readonly imageId: string
  readonly version: string
  readonly imagesByRegion: Readonly<Record<string, string>>
}

/** An image to start from, found before anything is created. */
export interface BaseImage {
  /** The cloud's own id: what `instance` takes. */
  readonly id: string
  readonly name: string
  /** `sha256:…` of the disk or, where the cloud has no digest, its id. Part of the inputs' digest. */
  readonly digest: string
  /** The promoted version of another family that this base is, if it is one. */
  readonly ancestor?: { readonly family: string; readonly version: string }
}
