import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { renderWindowsUserData } from '../../../src/cloud/aws/windows-user-data.ts'
import { identityScript } from '../../../src/guest/windows/identity.ts'
import { orSkipped, pwsh, readScripts, runText } from '../../helpers/powershell.ts'

const root = join(import.meta.dirname, '../../..')
const userData = (spec: Parameters<typeof renderWindowsUserData>[0]): string =>
  /<powershell>([\s\S]*)<\/powershell>/.exec(renderWindowsUserData(spec))?.[1] ?? ''

/** The scripts that playbooks and steps contain. */
function inlineScripts(): Record<string, string> {
  const files = globSync(join(root, '{playbooks,src}/**/*.yml'), { exclude: (name) => name === 'modules' })
  const found = files.flatMap((file) => findScripts(parse(readFileSync(file, 'utf8'))).map((text, index) => [`${file} ${index + 1}`, text]))
  return Object.fromEntries(found)
}

function findScripts(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'ansible.windows.win_powershell'
      ? [typeof inner === 'string' ? inner : String((inner as { script: string }).script)]
      : findScripts(inner),
  )
}

/** Each of these is read by PowerShell 7 and refused by Windows PowerShell 5.1. */
const newer: Readonly<Record<string, string>> = {
  ternary: '$a = $b ? 1 : 2',
  chain: 'Get-Item a && Get-Item b',
  coalesce: '$a = $b ?? 1',
  assign: '$a ??= 1',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: PowerShell, not TypeScript
  member: '${a}?.b',
  parallel: '1..2 | ForEach-Object -Parallel { $_ }',
  hashtable: "'{}' | ConvertFrom-Json -AsHashtable",
  encoding: 'Set-Content a -Encoding utf8NoBOM',
  path: "Join-Path 'a' 'b' 'c'",
  variable: 'if ($IsWindows) { 1 }',
  broken: 'if ($a) {',
}

it.skipIf(!pwsh)(`all scripts of the product are readable for Windows PowerShell 5.1${orSkipped}`, { timeout: 900_000 }, () => {
  const scripts = {
    ...readScripts(join(root, 'src')),
    ...readScripts(join(root, 'playbooks')),
    ...inlineScripts(),
    identity: identityScript,
    'user data, ssh': userData({ transport: 'ssh', publicKey: 'k', hostKey: 'h' }),
    'user data, psrp': userData({ transport: 'psrp', pfx: 'AA==', pfxPassword: 'p', thumbprint: 'A'.repeat(40) }),
  }
  const folder = mkdtempSync(join(tmpdir(), 'bh-scripts-'))
  try {
    writeFileSync(join(folder, 'scripts.json'), JSON.stringify({ ...scripts, ...newer }))
    const walk = readFileSync(join(root, 'test/fixtures/windows/walk.ps1'), 'utf8')
    const { stdout, stderr } = runText(walk, '', { SCRIPTS: join(folder, 'scripts.json') })
    const lines = stdout.trim().split('\n')
    expect(lines.at(-1), stderr).toBe(`read ${Object.keys({ ...scripts, ...newer }).length}`)
    expect(Object.keys(inlineScripts()).length).toBeGreaterThanOrEqual(4)
    const findings = lines.slice(0, -1)
    const isSample = (line: string): boolean => Object.keys(newer).some((name) => line.startsWith(`${name}:`))
    expect(findings.filter((line) => !isSample(line))).toEqual([])
    const found = Object.keys(newer).filter((name) => findings.some((line) => line.startsWith(`${name}:1:`)))
    expect(found, 'what it must refuse').toEqual(Object.keys(newer))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
