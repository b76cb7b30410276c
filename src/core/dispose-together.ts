/** Things that are disposed together, in reverse order. */
export interface Together extends AsyncDisposable {
  use<T extends AsyncDisposable>(value: T): T
}

/** An empty `Together`. Node has `AsyncDisposableStack` for this only since version 24. */
export function disposeTogether(): Together {
  const values: AsyncDisposable[] = []
  return {
    use(value) {
      values.push(value)
      return value
    },
    async [Symbol.asyncDispose]() {
      for (const value of values.reverse()) await value[Symbol.asyncDispose]()
    },
  }
}
