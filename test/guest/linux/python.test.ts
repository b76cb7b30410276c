import { expect, it } from 'vitest'
import { findPythonProblem, interpreterOf } from '../../../src/guest/linux/python.ts'

const standard = '/usr/bin/python3'

// The versions of RHEL 8 and SLES 15, of Amazon Linux 2, and of a machine whose playbook installs Python. Others saw only "SyntaxError:
// future feature annotations is not defined" (ansible/ansible#82068, #86443).
it.each([
  ['3.6', '/usr/bin/python3 of the machine is Python 3.6'],
  ['3.7', '/usr/bin/python3 of the machine is Python 3.7'],
  ['none', 'the machine has no /usr/bin/python3'],
])('Python %s in the guest is too old, and the hint names the variable to set', (version, what) => {
  const problem = findPythonProblem(`waiting for cloud-init\npython ${version}\n`, standard)
  expect(problem?.what).toBe(`modules of Ansible need Python 3.8 or newer, and ${what}`)
  expect(problem?.hint).toContain('ansible_python_interpreter')
})

it.each(['3.8', '3.9', '3.11', '3.14', '4.0'])('Python %s in the guest is accepted', (version) => {
  expect(findPythonProblem(`python ${version}\n`, standard)).toBeUndefined()
})

it.each([
  [{}, standard],
  [{ ansible_python_interpreter: '/opt/python/bin/python3.12' }, '/opt/python/bin/python3.12'],
  [{ ansible_python_interpreter: 'auto' }, standard],
])('with the variables %o, the Python is %s', (variables, expected) => {
  expect(interpreterOf(variables)).toBe(expected)
})
