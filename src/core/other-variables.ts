import { keepNodeOptions } from './node-options.mjs'

/** The treatment of variables of other programs. */
export interface OtherVariables {
  /** Names; `*` matches any end. */
  readonly names: readonly string[]
  readonly fate: 'kept' | 'removed' | 'reduced'
  readonly why: string
}

/**
 * Variables that users set for other purposes, but that would change the programs that Bakehouse starts. The first matching line applies;
 * other variables are kept. docs/environment.md has the same table.
 */
export const otherVariables: readonly OtherVariables[] = [
  {
    names: [
      'PULUMI_BACKEND_URL',
      'PULUMI_ACCESS_TOKEN',
      'PULUMI_CONFIG_PASSPHRASE',
      'PULUMI_CONFIG_PASSPHRASE_FILE',
      'PULUMI_DIY_BACKEND_*',
    ],
    fate: 'kept',
    why: 'The place and the encryption of the state.',
  },
  {
    names: ['PULUMI_*'],
    fate: 'removed',
    why: 'Each option of the engine can be set by a variable: `PULUMI_OPTION_TARGET` would build only a part of an image.',
  },
  {
    names: ['ANSIBLE_RUN_TAGS', 'ANSIBLE_SKIP_TAGS', 'ANSIBLE_INVENTORY*', 'ANSIBLE_REMOTE_*', 'ANSIBLE_PRIVATE_KEY_FILE'],
    fate: 'removed',
    why: 'An image would lack tasks, or they would run on another machine.',
  },
  {
    names: ['ANSIBLE_ASK_*', 'ANSIBLE_BECOME_ASK_PASS', 'ANSIBLE_ENABLE_TASK_DEBUGGER'],
    fate: 'removed',
    why: 'Ansible would wait for input.',
  },
  {
    names: ['ANSIBLE_LOG_PATH', 'ANSIBLE_KEEP_REMOTE_FILES', 'ANSIBLE_DEBUG'],
    fate: 'removed',
    why: 'Secrets would be written to files.',
  },
  { names: ['ANSIBLE_*'], fate: 'kept', why: 'Settings of Ansible, as in `ansible.cfg`; a few are set by Bakehouse in any case.' },
  { names: ['AWS_*'], fate: 'kept', why: 'Account, region and endpoints of AWS.' },
  {
    names: ['NODE_OPTIONS'],
    fate: 'reduced',
    why: 'Only options for certificates, memory and name resolution are kept: others can stop the pinned Node, or every process at a debugger.',
  },
  { names: ['NODE_PATH'], fate: 'removed', why: 'Packages other than the pinned ones would be loaded.' },
  {
    names: [
      ...[
        'PIP_INDEX_URL',
        'PIP_EXTRA_INDEX_URL',
        'PIP_FIND_LINKS',
        'PIP_NO_INDEX',
        'PIP_TRUSTED_HOST',
        'PIP_PROXY',
        'PIP_CERT',
        'PIP_CLIENT_CERT',
      ],
      ...[
        'PIP_TIMEOUT',
        'PIP_DEFAULT_TIMEOUT',
        'PIP_RETRIES',
        'PIP_CACHE_DIR',
        'PIP_NO_CACHE_DIR',
        'PIP_CONFIG_FILE',
        'PIP_KEYRING_PROVIDER',
      ],
    ],
    fate: 'kept',
    why: 'The source of Python packages.',
  },
  { names: ['PIP_*'], fate: 'removed', why: '`PIP_USER`, `PIP_TARGET` and others put packages outside of the environment of Ansible.' },
  {
    names: ['PYTHONUNBUFFERED', 'PYTHONUTF8', 'PYTHONIOENCODING', 'PYTHONDONTWRITEBYTECODE'],
    fate: 'kept',
    why: 'They do not change results.',
  },
  {
    names: ['PYTHON*', 'PYTEST_*'],
    fate: 'removed',
    why: 'Other packages would be loaded, or tests would pass wrongly: `PYTHONOPTIMIZE` removes assertions, `PYTEST_ADDOPTS` can deselect tests.',
  },
  {
    names: ['GOFLAGS', 'GOOS', 'GOARCH', 'GO111MODULE'],
    fate: 'removed',
    why: 'The engine and goss would be built in another way, or for another system.',
  },
  { names: ['TAR_OPTIONS', 'CDPATH', 'BASH_ENV'], fate: 'removed', why: 'They change what commands and scripts do.' },
]

/** The changes of an environment, by name; undefined removes a variable. */
export function findUnwanted(environment: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  const changes: Record<string, string | undefined> = {}
  for (const [name, value = ''] of Object.entries(environment)) {
    const fate = otherVariables.find(({ names }) => names.some((pattern) => fits(name, pattern)))?.fate ?? 'kept'
    if (fate === 'removed') changes[name] = undefined
    if (fate === 'reduced') changes[name] = keepNodeOptions(value) || undefined
  }
  return changes
}

/** Applies the changes to this process, and so to all processes that it starts. */
export function removeUnwanted(): void {
  for (const [name, value] of Object.entries(findUnwanted(process.env))) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}

function fits(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}
