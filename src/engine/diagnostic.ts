import { withoutSequences } from '../core/printable.ts'

/** The text of a diagnostic, without colours and without what the engine puts around it. */
export function parseDiagnostic(message: string): string {
  return withoutSequences(message)
    .replaceAll(/<\{%.*?%\}>/g, '')
    .replace(/^\s*(error: )?(sdk-v2\/provider2\.go:\d+: )?/, '')
    .replaceAll(/\d+ errors? occurred:\s*/g, '')
    .replace(/^\s*\* /, '')
    .trim()
}
