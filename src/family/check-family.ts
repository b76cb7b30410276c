import { lstatSync, statSync } from 'node:fs'
import { isAbsolute, join, relative, sep } from 'node:path'
import { cloudsOfBase } from '../cloud/clouds.ts'
import { didYouMean } from '../core/suggest.ts'
import type { Family } from '../model/family.ts'
import { suiteFile, verifierName } from '../model/suite.ts'
import type { Path, Problem } from './explain.ts'
import { basePath } from './fill-base.ts'
import { familyNames } from './names.ts'
import type { Suite } from './schema.ts'

/** What the schema cannot tell: fields that do not go together, files that are not there. */
export function checkFamily(family: Family): Problem[] {
  return [
    ...checkBase(family),
    ...checkSystem(family),
    ...checkVariables(family),
    ...checkFiles(family),
    ...checkTwins(family.verify.suites),
  ]
}

function checkBase(family: Family): Problem[] {
  const { name, base, cloud, os } = family
  const path = basePath(family)
  const [form = ''] = Object.keys(base)
  const clouds = cloudsOfBase[form]
  if (clouds && !clouds.includes(cloud)) {
    const forms = Object.keys(cloudsOfBase).filter(
      (other) => cloudsOfBase[other]?.includes(cloud) && (other !== 'debian' || os === 'linux'),
    )
    const hint = os === 'windows' && forms.includes('image') ? windowsImage : undefined
    return [problem(path, `expected a base for the cloud ${cloud} (${[...forms, 'family'].join(', ')}), got ${form}`, hint)]
  }
  if (form === 'debian' && os !== 'linux') return [problem([...path, 'debian'], `expected a base that runs ${os}, got Debian`)]
  return 'family' in base ? checkBaseFamily(name, base.family, path) : []
}

/** Windows itself can be given to nobody by us. */
const windowsImage =
  'bring a disk image of Windows: base: {image: <qcow2>, sha256: …}; it boots by UEFI and has a WinRM listener for HTTPS on port 5986, or OpenSSH'

function checkBaseFamily(name: string, base: string, at: Path): Problem[] {
  const path = [...at, 'family']
  if (base === name) return [problem(path, `expected another family, got ${name} itself`)]
  const names = familyNames()
  if (names.includes(base)) return []
  return [problem(path, `expected a family (${names.join(', ')}), got "${base}"`, didYouMean(base, names))]
}

function checkSystem({ os, login, configure, verify }: Family): Problem[] {
  const wrong: readonly string[] = os === 'windows' ? ['goss', 'testinfra'] : ['pester']
  const suites = verify.suites.flatMap((suite, index) => {
    const verifier = verifierName(suite)
    const path = ['verify', 'suites', index, verifier]
    return wrong.includes(verifier) ? [problem(path, `expected a verifier that runs on ${os}, got ${verifier}`, undefined, 'key')] : []
  })
  if (os === 'linux') {
    if (login.transport === 'psrp') suites.push(problem(['login', 'transport'], 'expected ssh for a Linux family, got psrp'))
    return suites
  }
  if (login.by === 'credential') {
    suites.push(problem(['login', 'by'], 'expected password or cloud-init for a Windows family, got credential'))
  }
  if (configure.strategy === 'mitogen') {
    suites.push(problem(['configure', 'strategy'], 'expected linear for a Windows family, got mitogen'))
  }
  return suites
}

function checkVariables({ configure }: Family): Problem[] {
  return Object.keys(configure.secrets)
    .filter((name) => Object.hasOwn(configure.variables, name))
    .map((name) =>
      problem(['configure', 'secrets', name], `expected each variable once, got "${name}" among the variables too`, undefined, 'key'),
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

function suiteFiles(suite: Suite, path: Path): [Path, string, 'file' | 'any'][] {
  const verifier = verifierName(suite)
  const values = suite as unknown as Readonly<Record<string, string | undefined>>
  return [verifier, 'inputs', 'waivers'].flatMap((key) => {
    const file = values[key]
    return file === undefined
      ? []
      : [[[...path, key], file, verifier === 'goss' || key !== verifier ? 'file' : 'any'] as [Path, string, 'file' | 'any']]
  })
}

function checkFile(folder: string, path: Path, { file, kind }: { file: string; kind: 'file' | 'any' }): Problem[] {
  const absolute = join(folder, file)
  const inside = relative(folder, absolute)
  if (isAbsolute(file) || inside === '..' || inside.startsWith(`..${sep}`)) {
    return [problem(path, `expected a path inside the family folder, got "${file}"`)]
  }
  const what = path.at(-1)
  const found = statSync(absolute, { throwIfNoEntry: false })
  if (found?.isFile() || (kind === 'any' && found?.isDirectory())) return []
  const dangling = !found && lstatSync(absolute, { throwIfNoEntry: false })?.isSymbolicLink()
  const got = found ? 'something else there' : dangling ? 'a link to nowhere' : 'nothing there'
  return [problem(path, `expected the ${what} ${file} in the family folder, got ${got}`)]
}

function checkTwins(suites: readonly Suite[]): Problem[] {
  const keys = suites.map((suite) => JSON.stringify([verifierName(suite), suiteFile(suite)]))
  return keys.flatMap((key, index) =>
    keys.indexOf(key) < index
      ? [problem(['verify', 'suites', index], `expected each suite once, got ${JSON.parse(key).join(' ')} again`)]
      : [],
  )
}

function problem(path: Path, text: string, hint?: string, at: 'value' | 'key' = 'value'): Problem {
  return { path, at, text, hint }
}
