/** An environment variable of this program. */
export interface Variable {
  /** `user`: set by users. `internal`: set by one process of this program for another. */
  readonly audience: 'user' | 'internal'
  /** The meaning of its value. */
  readonly meaning: string
  /** The default. */
  readonly default: string
}

/** All variables of this program, in the order of docs/environment.md. A test keeps table, page and code equal. */
export const variables = {
  BAKEHOUSE_PROJECT: {
    audience: 'user',
    meaning: 'The folder of the project, which contains `playbooks/`.',
    default: 'the folder of the program',
  },
  BAKEHOUSE_HOME: {
    audience: 'user',
    meaning: 'The folder of state, records, images and running machines.',
    default: '`.bakehouse` in the folder of the project',
  },
  BAKEHOUSE_SECRETS_PROVIDER: {
    audience: 'user',
    meaning: 'What encrypts the secrets in the state, as a URL of Pulumi: `awskms://…`, `gcpkms://…`, `azurekeyvault://…`.',
    default: '`passphrase`',
  },
  BAKEHOUSE_CANCEL_SECONDS: {
    audience: 'user',
    meaning: 'How many seconds the engine has to stop after a cancellation before it is killed.',
    default: '300',
  },
  BAKEHOUSE_ACCELERATOR: {
    audience: 'user',
    meaning: 'The accelerator of QEMU: `kvm`, `hvf` or `tcg`.',
    default: 'the fastest one that works',
  },
  BAKEHOUSE_SNAPSHOTS: {
    audience: 'user',
    meaning: 'With `off`, no machine of the local cloud is restored from a VM snapshot; every one boots.',
    default: 'on',
  },
  BAKEHOUSE_VENV: {
    audience: 'user',
    meaning: 'The Python environment that contains Ansible and the verifiers written in Python.',
    default: 'the one that set-up made',
  },
  BAKEHOUSE_GOSS: {
    audience: 'user',
    meaning: 'The static Linux binary of goss that is copied into machines.',
    default: 'the one that set-up downloaded or built',
  },
  BAKEHOUSE_PLUGINS: {
    audience: 'user',
    meaning: 'More provider plugins for the engine: `name=folder`, separated by commas.',
    default: 'none',
  },
  BAKEHOUSE_HOSTS: {
    audience: 'internal',
    meaning: 'From the graph to a step: the hosts that it works on, as a JSON array.',
    default: 'the step fails',
  },
  BAKEHOUSE_OWNER: {
    audience: 'internal',
    meaning: 'From the process of a build to its steps: its process id and start time. A step ends when that process has ended.',
    default: 'a step ends only when it is asked to',
  },
  BAKEHOUSE_REQUEST: {
    audience: 'internal',
    meaning: 'From the graph to a command of the EC2 cloud: what it must do, as JSON.',
    default: 'the command fails',
  },
  BAKEHOUSE_TASKS: {
    audience: 'internal',
    meaning: 'From a step to the callback plugin of Ansible: the file that it appends events to.',
    default: 'no events are written',
  },
  BAKEHOUSE_PFX: {
    audience: 'internal',
    meaning: 'From a step to `openssl`: the password of the certificate that it writes.',
    default: '`openssl` fails',
  },
  BAKEHOUSE_REFRESH: {
    audience: 'internal',
    meaning: 'From the stack `asg` to its upgrade command: the instance refresh to start, as JSON.',
    default: 'the command fails',
  },
} as const satisfies Readonly<Record<string, Variable>>

/** Variables by name, for the environment of another process. */
export type VariableName = keyof typeof variables

/** The value of a variable; undefined if it is not set or empty. */
export function findVariable(name: VariableName): string | undefined {
  return process.env[name] || undefined
}

/** Sets a variable for this process and for the processes that it starts after this. */
export function setVariable(name: VariableName, value: string): void {
  process.env[name] = value
}
