import { quoteShell } from '../../core/quote.ts'
import type { Connection } from '../ssh/ssh.ts'

/** Connection variables of one host of an inventory. */
export type HostVariables = Readonly<Record<string, string | number | boolean>>

/** An inventory of one host, named like the family. */
export function renderInventory(name: string, variables: HostVariables): string {
  return `${JSON.stringify({ all: { hosts: { [name]: variables } } }, undefined, 2)}\n`
}

/** Variables of a Linux host: the shared connection, and a fixed interpreter, so that Ansible does not search for one. */
export function sshVariables({ host, options }: Connection): HostVariables {
  return {
    ansible_connection: 'ssh',
    ansible_host: host.address,
    ansible_port: host.port,
    ansible_user: host.user,
    ansible_ssh_args: renderSshArguments(options),
    ansible_python_interpreter: '/usr/bin/python3',
  }
}

/** Options of `ssh` as one text, without port and user: the inventory has variables for them. */
export function renderSshArguments(options: readonly string[]): string {
  const separate = ['-p', '-l']
  const others = options.filter((option, index) => !separate.includes(option) && !separate.includes(options[index - 1] ?? ''))
  return others.map(quoteShell).join(' ')
}
