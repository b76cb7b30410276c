/** The oldest Python in the guest with which modules run: `_PY_MIN` in ansible/module_utils/basic.py of the pinned ansible-core. */
const oldestPython = '3.8'

const standardInterpreter = '/usr/bin/python3'

/** The Python that Ansible will use in the guest. The inventory names the standard one; a variable of the family replaces it. */
export function interpreterOf(variables: Readonly<Record<string, unknown>>): string {
  const chosen = variables.ansible_python_interpreter
  return typeof chosen === 'string' && chosen.startsWith('/') ? chosen : standardInterpreter
}

/**
 * Why Ansible's modules will not run with the Python of the guest, from the line `python <version>` of prepare.sh. The build continues,
 * because a playbook can install another Python first, with the module `raw`. Without this note, modules only say "future feature
 * annotations is not defined".
 */
export function findPythonProblem(output: string, interpreter: string): { readonly what: string; readonly hint: string } | undefined {
  const version = /^python (\S+)$/m.exec(output)?.[1]
  if (version === undefined || isAccepted(version)) return undefined
  const found = version === 'none' ? `the machine has no ${interpreter}` : `${interpreter} of the machine is Python ${version}`
  return {
    what: `modules of Ansible need Python ${oldestPython} or newer, and ${found}`,
    hint: 'install a newer Python in a first play with gather_facts: false and the module raw, and name it: configure: {variables: {ansible_python_interpreter: /usr/bin/python3.11}}; the modules dnf and yum also need the bindings of the package manager for that Python',
  }
}

function isAccepted(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldestPython.split('.').map(Number)
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
}
