/** Something that starts, or would start, machines from a promoted image. */
export interface Consumer {
  /** `group`, `launch-template`, `instance`, or what else the cloud calls it. */
  readonly kind: string
  readonly id: string
  readonly imageId: string
  readonly version: string
  /** One short remark for people. */
  readonly detail: string
}
