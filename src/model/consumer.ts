/** A resource that starts machines from a promoted image. */
export interface Consumer {
  /** `group`, `launch-template`, `instance`, or another kind of the cloud. */
  readonly kind: string
  readonly id: string
  readonly imageId: string
  readonly version: string
  /** A short note for the user. */
  readonly detail: string
}
