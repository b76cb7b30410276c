import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findAccelerator } from '../src/cloud/local/qemu/accelerator.ts'
import { findFreePort } from '../src/cloud/local/qemu/port.ts'
import { runTool } from '../src/core/exec.ts'
import { readQemu, readTools } from '../src/core/tools.ts'
import { findMitogen } from '../src/guest/ansible/settings.ts'
import { timed } from './measure.ts'
import type { PackerSpec } from './packer.ts'

/** Runs `script.sh`, which only builds. Returns the seconds. This is the lower limit for every tool. */
export async function buildByScript(spec: PackerSpec): Promise<number> {
  const [qemu, { venv }] = [readQemu(), readTools()]
  const folder = mkdtempSync(join(tmpdir(), 'floor-'))
  const emulated = (await findAccelerator()) === 'tcg'
  const env = {
    ...{ BASE: spec.base, PLAYBOOK: spec.playbook, FOLDER: folder, PORT: String(await findFreePort()) },
    ...{ CPUS: String(spec.cpus), MEMORY: String(spec.memory) },
    ...{ ACCELERATOR: emulated ? 'tcg,thread=multi,tb-size=1024' : 'kvm', PROCESSOR: emulated ? 'qemu64' : 'host' },
    ...{ QEMU: qemu.system, QEMU_IMG: qemu.img, FIRMWARE: qemu.ovmf, VENV: venv, MITOGEN: findMitogen(venv) },
  }
  try {
    return await timed(() => runTool(join(import.meta.dirname, 'script.sh'), [], { env }))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
