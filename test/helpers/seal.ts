import { sealScript } from '../../src/guest/linux/seal.ts'

/** The script that seals a machine. It runs the given commands instead of powering the machine off. */
export function sealWithoutPowerOff(commands = ':'): string {
  const script = sealScript()
  const changed = script.replace(/^power_off\(\) .*$/m, () => `power_off() { ${commands}; }`)
  if (changed === script) throw new Error('seal.sh has no line with the function power_off')
  return changed
}
