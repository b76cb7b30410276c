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
    default: 'the nearest folder upwards with a family in `playbooks/`; in a clone, the clone',
  },
  BAKEHOUSE_HOME: {
    audience: 'user',
    meaning: 'The folder of state, records, images and running machines.',
    default: '`.bakehouse` in the folder of the project',
  },
  BAKEHOUSE_SECRETS_PROVIDER: {
    audience: 'user',
    meaning: 'The secrets provider of the state, as a URL for Pulumi: `awskms://…`, `gcpkms://…`, `azurekeyvault://…`.',
    default: '`passphrase`',
  },
  BAKEHOUSE_ARTIFACTS: {
    audience: 'user',
    meaning:
      'The place of logs, test reports and diagnostics of all builds, so that other computers can read them: a folder, or `s3://bucket/path`.',
    default: 'a folder `artifacts` beside the state, if that is a shared folder or an S3 bucket; else none',
  },
  BAKEHOUSE_PARALLEL: {
    audience: 'user',
    meaning: 'The number of families to build in parallel. `--parallel` is stronger.',
    default: 'as many as CPUs and memory allow',
  },
  BAKEHOUSE_CANCEL_SECONDS: {
    audience: 'user',
    meaning: 'Seconds after a cancellation until the engine is killed, if it has not stopped.',
    default: '300',
  },
  BAKEHOUSE_LOCK_SECONDS: {
    audience: 'user',
    meaning: 'Seconds to wait for a stack that another process has locked, before a command fails with exit code 3.',
    default: '120',
  },
  BAKEHOUSE_ACCELERATOR: {
    audience: 'user',
    meaning: 'The accelerator of QEMU: `kvm`, `hvf` or `tcg`.',
    default: 'the fastest one that works',
  },
  BAKEHOUSE_SNAPSHOTS: {
    audience: 'user',
    meaning: 'With `off`, local machines are not restored from VM snapshots; all of them boot.',
    default: 'on',
  },
  BAKEHOUSE_VENV: {
    audience: 'user',
    meaning: 'The Python environment that contains Ansible and the verifiers written in Python.',
    default: 'the one from set-up',
  },
  BAKEHOUSE_GOSS: {
    audience: 'user',
    meaning: 'The static Linux binary of goss that is copied into machines.',
    default: 'the one from set-up',
  },
  BAKEHOUSE_AWS_TAGS: {
    audience: 'user',
    meaning: 'Tags for everything that builds of any family create on EC2: `key=value`, separated by commas.',
    default: 'none',
  },
  BAKEHOUSE_PLUGINS: {
    audience: 'user',
    meaning: 'More provider plugins for the engine: `name=folder`, separated by commas.',
    default: 'none',
  },
  BAKEHOUSE_HOSTS: {
    audience: 'internal',
    meaning: 'From the Pulumi program to a step: its hosts, as a JSON array.',
    default: 'the step fails',
  },
  BAKEHOUSE_OWNER: {
    audience: 'internal',
    meaning:
      'From the process of a build to all processes below it: its process ID and start time. A step ends when that process has ended.',
    default: 'a step ends only on request',
  },
  BAKEHOUSE_STEP: {
    audience: 'internal',
    meaning: 'To a step and to all processes below it: the path of its files in the build folder. When a step is stopped, they are ended.',
    default: 'the step sets it for the processes below it',
  },
  BAKEHOUSE_REQUEST: {
    audience: 'internal',
    meaning: 'From the Pulumi program to one of its commands on EC2: its input, as JSON.',
    default: 'the command fails',
  },
  BAKEHOUSE_NODE: {
    audience: 'internal',
    meaning: 'From a run of the engine to a command of the Pulumi program on EC2: the program that runs it, Node.',
    default: '`node` on `PATH`',
  },
  BAKEHOUSE_SOURCE: {
    audience: 'internal',
    meaning: 'From a run of the engine to a command of the Pulumi program on EC2: the folder `src/` of Bakehouse.',
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
