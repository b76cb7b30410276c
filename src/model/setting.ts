/** A setting of the project, and where its value comes from. */
export interface Setting {
  readonly name: string
  /** Undefined if neither the file nor the environment sets it. */
  readonly value: unknown
  readonly from: 'bakehouse.yaml' | 'environment' | 'default'
  /** The environment variable that has precedence over the file; undefined for defaults of families. */
  readonly variable?: string
}
