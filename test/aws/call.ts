/** One call of an AWS API. */
export interface Call {
  readonly service: string
  readonly action: string
  readonly body: string
  readonly region: string
  readonly json: boolean
}

/** An answer in place of the API server's: a body, or an error. */
export interface Answer {
  readonly status: number
  readonly body?: string
  readonly code?: string
}
