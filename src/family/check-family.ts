import { lstatSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { findStray } from '../core/inside.ts'
import { didYouMean } from '../core/suggest.ts'
import { systemOf } from '../guest/systems.ts'
import { type Family, findBaseFamily, type Secret } from '../model/family.ts'
import type { Suite } from '../model/suite.ts'
import { type Path, type Problem, renderPath } from './explain.ts'
import { basePath } from './fill-base.ts'
import { clouds, sections, verifiers } from './known.ts'
import { listFiles } from './list-files.ts'
import { familyNames } from './names.ts'

/** Problems that the schema cannot find: keys that contradict each other, files that do not exist. */
export function checkFamily(family: Family): Problem[] {
  return [
    ...checkBase(family),
    ...checkSystem(family),
    ...checkAllowed(family),
    ...checkVariables(family),
    ...checkFiles(family),
    ...checkSecrets(family),
    ...checkRepeatedSuites(family.verify.suites),
    ...checkOptions(family),
  ]
}

function checkBase(family: Family): Problem[] {
  const { name, base, cloud, os } = family
  const path = basePath(cloud, family.sections[cloud])
  const parent = findBaseFamily(base)
  if (parent !== undefined) return checkBaseFamily(name, parent, path)
  const kinds = clouds.find((each) => each.name === cloud)?.bases ?? []
  const found = kinds.find(({ kind }) => kind === base.kind)
  if (found && runs(found, os)) return []
  if (found) return [problem([...path, base.kind], `expected a base that can run ${os}, got ${base.kind}`)]
  const fitting = kinds.filter((kind) => runs(kind, os))
  const forms = [...fitting.map(({ kind }) => kind), 'family'].join(', ')
  const advice = fitting.flatMap((kind) => kind.advice?.(os) ?? [])[0]
  return [problem(path, `expected a base for the cloud ${cloud} (${forms}), got ${base.kind}`, advice)]
}

function runs({ systems }: { readonly systems?: readonly string[] }, os: string): boolean {
  return systems?.includes(os) ?? true
}

function checkBaseFamily(name: string, base: string, at: Path): Problem[] {
  const path = [...at, 'family']
  if (base === name) return [problem(path, `expected the name of another family, got ${name} itself`)]
  const names = familyNames()
  if (names.includes(base)) return []
  return [problem(path, `expected a family (${names.join(', ')}), got "${base}"`, didYouMean(base, names))]
}

function checkSystem(family: Family): Problem[] {
  const { title, restricted } = systemOf(family.os)
  const suites = family.verify.suites.flatMap(({ verifier }, index) => {
    const path = ['verify', 'suites', index, verifier]
    const found = verifiers.find(({ name }) => name === verifier)
    return found && runs(found, family.os) ? [] : [problem(path, `expected a verifier for ${family.os}, got ${verifier}`, undefined, 'key')]
  })
  const settings = restricted.flatMap(({ path: [section, key], values }) => {
    const value = (family[section] as unknown as Readonly<Record<string, string>>)[key] ?? ''
    return values.includes(value) ? [] : [problem([section, key], `expected ${values.join(' or ')} for a ${title} family, got ${value}`)]
  })
  return [...suites, ...settings]
}

/** The names of checks depend on the operating system. */
function checkAllowed({ os, hygiene }: Family): Problem[] {
  const { title, checks } = systemOf(os)
  const unknown = Object.keys(hygiene?.allow ?? {}).filter((name) => !checks.includes(name))
  return unknown.map((name) => {
    const text = `expected a hygiene check of ${title} (${checks.join(', ')}), got "${name}"`
    return problem(['hygiene', 'allow', name], text, didYouMean(name, checks), 'key')
  })
}

function checkVariables({ configure }: Family): Problem[] {
  return Object.keys(configure.secrets)
    .filter((name) => Object.hasOwn(configure.variables, name))
    .map((name) =>
      problem(['configure', 'secrets', name], `expected each variable once, got "${name}" in configure.variables too`, undefined, 'key'),
    )
}

function checkFiles(family: Family): Problem[] {
  const { configure, seal, verify } = family
  const optional: [Path, string | undefined][] = [
    [['configure', 'requirements'], configure.requirements],
    [['seal', 'script'], seal.script],
  ]
  const wanted: [Path, string, 'file' | 'any'][] = [[['configure', 'playbook'], configure.playbook, 'file']]
  for (const [path, file] of optional) if (file !== undefined) wanted.push([path, file, 'file'])
  for (const [index, suite] of verify.suites.entries()) wanted.push(...suiteFiles(suite, ['verify', 'suites', index]))
  return wanted.flatMap(([path, file, kind]) => checkFile(family.folder, path, { file, kind }))
}

function suiteFiles({ verifier, file, options }: Suite, path: Path): [Path, string, 'file' | 'any'][] {
  const values: Readonly<Record<string, unknown>> = { ...options, [verifier]: file }
  const { files = {} } = verifiers.find(({ name }) => name === verifier) ?? {}
  return Object.entries(files).flatMap(([key, kind]): [Path, string, 'file' | 'any'][] => {
    const value = values[key]
    // A list has a file first; see `oneOrBoth`.
    if (Array.isArray(value) && typeof value[0] === 'string') return [[[...path, key, 0], value[0], kind]]
    return typeof value === 'string' ? [[[...path, key], value, kind]] : []
  })
}

function checkFile(folder: string, path: Path, { file, kind }: { file: string; kind: 'file' | 'any' }): Problem[] {
  const absolute = join(folder, file)
  const stray = checkInside(folder, path, file)
  if (stray.length > 0) return stray
  const found = statSync(absolute, { throwIfNoEntry: false })
  if (found?.isFile() || (kind === 'any' && found?.isDirectory())) return []
  const dangling = !found && lstatSync(absolute, { throwIfNoEntry: false })?.isSymbolicLink()
  const what = kind === 'any' ? 'a file or folder' : 'a file'
  const expected = `expected ${renderPath(path)} to be ${what} in the family folder`
  if (/^([a-z+]+:\/\/|git@)/i.test(file)) return [problem(path, `${expected}, got a URL`, 'download it into the family folder')]
  const got = found ? 'is not a file' : dangling ? 'is a symbolic link to a missing file' : 'does not exist'
  return [problem(path, `${expected}, got ${file}, which ${got}`, found || dangling ? undefined : didYouMean(file, listFiles(folder)))]
}

function checkInside(folder: string, path: Path, file: string): Problem[] {
  const stray = findStray(folder, file)
  return stray === undefined ? [] : [problem(path, `expected a path inside the family folder, got "${file}"${stray}`)]
}

/** Checks the paths only. `doctor` must work without the secrets; whether a file exists is checked when it is read. */
function checkSecrets({ folder, configure: { secrets, vaultPassword } }: Family): Problem[] {
  const all: [Path, Secret | undefined][] = [
    [['configure', 'vaultPassword'], vaultPassword],
    ...Object.entries(secrets).map(([name, secret]): [Path, Secret] => [['configure', 'secrets', name], secret]),
  ]
  return all.flatMap(([path, secret]) => (secret && 'file' in secret ? checkInside(folder, [...path, 'file'], secret.file) : []))
}

function checkRepeatedSuites(suites: readonly Suite[]): Problem[] {
  const keys = suites.map(({ verifier, file }) => JSON.stringify([verifier, file]))
  return keys.flatMap((key, index) =>
    keys.indexOf(key) < index
      ? [problem(['verify', 'suites', index], `expected each suite once, got ${JSON.parse(key).join(' ')} again`)]
      : [],
  )
}

/** Each cloud checks its own section. */
function checkOptions(family: Family): Problem[] {
  return sections.flatMap(({ cloud, section }) =>
    (section.check?.(family.sections[cloud.name]) ?? []).map(({ path, text, hint }) => problem([cloud.name, ...path], text, hint, 'key')),
  )
}

function problem(path: Path, text: string, hint?: string, at: 'value' | 'key' = 'value'): Problem {
  return { path, at, text, hint }
}
