/** A call of an AWS API. */
export interface Call {
  readonly service: string
  readonly action: string
  readonly body: string
  readonly region: string
  readonly json: boolean
}

/** An answer that replaces that of the API server: a body, or an error. */
export interface Answer {
  readonly status: number
  readonly body?: string
  readonly code?: string
}
