/** A message of the provider, as in tfplugin5.proto. */
export interface Diagnostic {
  readonly severity: number
  readonly summary: string
  readonly detail: string
  readonly attribute: { readonly steps: readonly { readonly attributeName: string }[] } | null
}

/** A reason for which the provider refuses or fails. */
export interface Problem {
  readonly text: string
  /** The attribute that it is about. */
  readonly attribute: string | undefined
}

const error = 1

/** The errors in an answer of the provider. Warnings are left out. */
export function problemsOf(diagnostics: readonly Diagnostic[]): Problem[] {
  return diagnostics
    .filter(({ severity }) => severity === error)
    .map(({ summary, detail, attribute }) => ({
      text: [summary, detail].filter(Boolean).join(': '),
      attribute: attribute?.steps[0]?.attributeName || undefined,
    }))
}

/** Throws if there are errors in an answer of the provider. */
export function throwProblems(diagnostics: readonly Diagnostic[]): void {
  const problems = problemsOf(diagnostics)
  if (problems.length > 0) throw new Error(renderProblems(problems))
}

export function renderProblems(problems: readonly Problem[]): string {
  return problems.map(({ text }) => text).join('; ')
}
