import { describe, expect, it } from 'vitest'
import { findUnwanted } from '../../src/core/other-variables.ts'

describe('variables of other programs', () => {
  it.each([
    ['PULUMI_BACKEND_URL', 's3://state'],
    ['PULUMI_CONFIG_PASSPHRASE', 'secret'],
    ['ANSIBLE_CONFIG', '/etc/ansible.cfg'],
    ['ANSIBLE_VAULT_PASSWORD_FILE', '/v'],
    ['AWS_PROFILE', 'images'],
    ['PIP_INDEX_URL', 'https://pypi.example'],
    ['PIP_CERT', '/ca.pem'],
    ['NODE_EXTRA_CA_CERTS', '/ca.pem'],
    ['GOPROXY', 'https://go.example'],
    ['DB_PASSWORD', 'secret'],
    ['HTTPS_PROXY', 'http://proxy.example'],
  ])('%s is kept', (name, value) => {
    expect(findUnwanted({ [name]: value })).toEqual({})
  })

  it.each([
    ...['PULUMI_OPTION_TARGET', 'PULUMI_STACK', 'PULUMI_HOME'],
    ...['ANSIBLE_SKIP_TAGS', 'ANSIBLE_RUN_TAGS', 'ANSIBLE_INVENTORY', 'ANSIBLE_REMOTE_USER', 'ANSIBLE_ENABLE_TASK_DEBUGGER'],
    ...['ANSIBLE_ASK_VAULT_PASS', 'ANSIBLE_LOG_PATH', 'ANSIBLE_KEEP_REMOTE_FILES'],
    ...['NODE_PATH', 'PIP_USER', 'PIP_TARGET', 'PIP_REQUIRE_VIRTUALENV', 'PYTHONPATH', 'PYTHONHOME', 'PYTHONOPTIMIZE', 'PYTEST_ADDOPTS'],
    ...['GOFLAGS', 'GOOS', 'TAR_OPTIONS', 'CDPATH', 'BASH_ENV'],
  ])('%s is removed', (name) => {
    expect(findUnwanted({ [name]: 'x' })).toEqual({ [name]: undefined })
  })

  it.each([
    ['--inspect=9229 --require /x.js', undefined],
    ['--use-system-ca --max-old-space-size=4096', '--use-system-ca --max-old-space-size=4096'],
    ['--openssl-legacy-provider --use-openssl-ca', '--use-openssl-ca'],
  ])('NODE_OPTIONS=%s becomes %s', (given, left) => {
    expect(findUnwanted({ NODE_OPTIONS: given }).NODE_OPTIONS).toBe(left)
  })
})
