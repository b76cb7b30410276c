import { withoutSequences } from '../core/printable.ts'

/** The text of a diagnostic message, without colours, prefixes and suffixes of the engine. */
export function parseDiagnostic(message: string): string {
  return withoutSequences(message)
    .replaceAll(/<\{%.*?%\}>/g, '')
    .replace(/^\s*(error: )?(sdk-v2\/provider2\.go:\d+: )?/, '')
    .replaceAll(/\d+ errors? occurred:\s*/g, '')
    .replace(/^\s*\* /, '')
    .trim()
}
