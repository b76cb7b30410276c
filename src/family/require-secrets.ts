import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UsageError } from '../core/errors.ts'
import { familyFile } from '../core/find-project.ts'
import type { Family } from '../model/family.ts'
import type { FamilySecrets } from '../model/secrets.ts'
import { displayPath } from './display-path.ts'
import { parseSource } from './document.ts'
import type { Problem } from './explain.ts'
import { checkSecrets } from './secrets.ts'

/** Reads the secrets of a family. Throws UsageError with the place in the family file of each one that is missing or too short. */
export function requireSecrets(family: Family): FamilySecrets {
  const { secrets, problems } = checkSecrets(family)
  if (problems.length > 0) throw locate(family, problems)
  return secrets
}

/** The error for problems of a family. Parses its file again to find their places. */
function locate({ folder }: Family, problems: readonly Problem[]): UsageError {
  const path = join(folder, familyFile)
  return parseSource(readFileSync(path), displayPath(path)).error(problems)
}
