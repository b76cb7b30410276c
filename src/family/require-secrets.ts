import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UsageError } from '../core/errors.ts'
import type { Family } from '../model/family.ts'
import { displayPath } from './display-path.ts'
import { parseSource } from './document.ts'
import type { Problem } from './explain.ts'
import { familyFile } from './names.ts'
import { findSecretProblems } from './secrets.ts'

/** Throws UsageError with the place in the family file of each secret that is missing or too short. */
export function requireSecrets(family: Family): void {
  const problems = findSecretProblems(family)
  if (problems.length > 0) throw locate(family, problems)
}

/** The error for problems of a family. Parses its file again to find their places. */
function locate({ folder }: Family, problems: readonly Problem[]): UsageError {
  const path = join(folder, familyFile)
  return parseSource(readFileSync(path), displayPath(path)).error(problems)
}
