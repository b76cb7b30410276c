import { withoutSequences } from '../core/printable.ts'

/** The words of a diagnostic, without the engine's colours and its bookkeeping around them. */
export function parseDiagnostic(message: string): string {
  return withoutSequences(message)
    .replaceAll(/<\{%.*?%\}>/g, '')
    .replace(/^\s*(error: )?(sdk-v2\/provider2\.go:\d+: )?/, '')
    .replaceAll(/\d+ errors? occurred:\s*/g, '')
    .replace(/^\s*\* /, '')
    .trim()
}
