import type { Files } from './project.ts'

/** An audit for goss as people keep it: a file that includes sections by globs, a file for each rule, a file of variables, a script. */
export function auditFiles(family: string, rules: number): Files {
  const numbers = Array.from({ length: rules }, (_, index) => index + 1)
  return {
    [`${family}/audit/goss.yml`]: 'gossfile:\n{{ range $section := .Vars.sections }}  section_{{ $section }}/*/*.yml: {}\n{{ end }}',
    [`${family}/audit/vars.yml`]: `sections: [1]\nuser: nobody\n${numbers.map((number) => `rule_${number}: true\n`).join('')}`,
    [`${family}/audit/scripts/answer.sh`]: '#!/bin/sh\necho "rule $1 in $PWD"\n',
    ...Object.fromEntries(numbers.map((number) => [`${family}/audit/section_1/part_${number % 10}/${number}.yml`, ruleFile(number)])),
    [`${family}/audit/section_1/part_0/machine.yml`]: machineFile,
  }
}

function ruleFile(number: number): string {
  const rule = {
    exec: `./scripts/answer.sh ${number}`,
    'exit-status': 0,
    stdout: [`rule ${number} `],
    title: `1.${number} | The rule is kept`,
  }
  return `{{ if .Vars.rule_${number} }}\ncommand: ${JSON.stringify({ [`rule ${number}`]: rule })}\n{{ end }}\n`
}

/** The environment of the machine, variables from both places, a case that fails, and one that goss skips. */
const machineFile = `mount:
  /dev/shm: {exists: true, opts: [noexec]}
file:
  '{{ .Env.HOME }}': {exists: true, owner: root}
  /etc/absent: {exists: true, mode: "0600"}
user:
  '{{ .Vars.user }}': {exists: true, uid: 0}
service:
  nothing: {running: true, skip: true}
`
