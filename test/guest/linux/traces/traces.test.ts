import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { linuxChecks } from '../../../../src/guest/linux/checks.ts'
import { sealScript } from '../../../../src/guest/linux/seal.ts'
import type { Trace } from '../../../../src/guest/linux/traces/trace.ts'
import { checkedTraces, sealedTraces, traceGroups } from '../../../../src/guest/linux/traces/traces.ts'
import { expectSection } from '../../../docs/expect-section.ts'

const traces = traceGroups.flatMap((group) => group.traces)

/** The operations of virt-sysprep 1.54. */
const sysprep = `abrt-data backup-files bash-history blkid-tab ca-certificates crash-data cron-spool customize dhcp-client-state
dhcp-server-state dovecot-data firewall-rules flag-reconfiguration fs-uuids ipa-client kerberos-data kerberos-hostkeytab logfiles
lvm-system-devices lvm-uuids machine-id mail-spool net-hostname net-hwaddr net-nmconn pacct-log package-manager-cache pam-data
passwd-backups puppet-data-log rh-subscription-manager rhn-systemid rpm-db samba-db-log script smolt-uuid ssh-hostkeys ssh-userdir
sssd-db-log tmp-files udev-persistent-net user-account utmp yum-uuid zsh-history`.split(/\s/)

const code = (texts: readonly string[]): string => texts.map((text) => `\`${text}\``).join(' ')

function renderRow({ operation, what, seal, paths = [], check, why, sysprep: same = [] }: Trace): string {
  const sealed = { remove: 'yes', script: 'script', keep: 'no' }[seal]
  const about = paths.length === 0 ? what : `${what}: ${code(paths)}`
  return `| ${operation} | ${about} | ${sealed} | ${check === undefined ? 'no' : code([check])} | ${why ?? ''} | ${code(same)} |`
}

function renderTables(): string {
  const head = ['| operation | what | sealed | checked by | why not | virt-sysprep |', '| --- | --- | --- | --- | --- | --- |']
  return traceGroups.map(({ title, traces: rows }) => [`### ${title}`, '', ...head, ...rows.map(renderRow)].join('\n')).join('\n\n')
}

describe('the list of what sealing removes and hygiene finds', () => {
  it('is in docs/sealing.md', () => expectSection('sealing.md', 'operations', renderTables()))

  it('has a reason for each operation that is not sealed or not checked', () => {
    const silent = traces.filter(({ seal, check, why }) => (seal === 'keep' || check === undefined) && why === undefined)
    expect(silent.map(({ operation }) => operation)).toEqual([])
  })

  it('names each operation once, and only checks that exist', () => {
    const names = traces.map(({ operation }) => operation)
    expect(names).toEqual([...new Set(names)])
    expect(traces.flatMap(({ check }) => check ?? []).filter((check) => !linuxChecks.includes(check))).toEqual([])
  })

  it('covers each operation of virt-sysprep', () => {
    expect([...new Set(traces.flatMap(({ sysprep: same = [] }) => same))].sort()).toEqual(sysprep.sort())
  })

  it('has each operation and check that the comparison with the lists of vendors names', () => {
    const table = readFileSync(join(import.meta.dirname, '../../../../docs/sealing.md'), 'utf8').split('## What vendors remove')[1] ?? ''
    const cells = table.split('\n').flatMap((line) => line.split('|').slice(3, 5))
    const named = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
    const known = [...traces.map(({ operation }) => operation), ...linuxChecks]
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter((name) => !known.includes(name))).toEqual([])
  })

  it('has a part of a script for each operation that is done by a script', () => {
    const named = [...sealScript().matchAll(/# Operation: ([a-z-]+)/g)].map(([, name]) => name)
    const expected = traces.filter(({ seal }) => seal === 'script').map(({ operation }) => operation)
    expect(expected.filter((operation) => !named.includes(operation))).toEqual([])
  })

  it('contains no pattern that a shell would split, or that removes a folder of the system', () => {
    const patterns = traces.flatMap(({ paths = [] }) => paths)
    expect(patterns.filter((pattern) => !/^(~|\/(?:[^/\s|']+\/)*)[^\s|']+$/.test(pattern))).toEqual([])
    const removed = sealedTraces()
      .split('\n')
      .filter((line) => line.startsWith('/'))
    expect(
      removed.filter((path) => /^\/[^/]*\/?\*?$/.test(path) && !/^\/(core|core\.\[0-9]\*|forcefsck|autoinst\.xml)$/.test(path)),
    ).toEqual([])
    expect(checkedTraces()).toContain('\nno-service-identities|/etc/nvme/hostnqn\n')
  })
})
