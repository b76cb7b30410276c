import { readSettings } from '../bakehouse.ts'
import { paintOut, print, printJson, renderColumns } from '../core/output.ts'
import type { Setting } from '../model/setting.ts'

/** Prints the settings of the project, and where each comes from. Returns the exit code. */
export async function runConfig({ json }: { readonly json: boolean }): Promise<number> {
  const settings = await readSettings()
  if (json) printJson(settings)
  else {
    const [head = '', ...lines] = renderColumns([['SETTING', 'VALUE', 'FROM'], ...settings.map(renderRow)])
    print([paintOut('dim', head), ...lines])
  }
  return 0
}

function renderRow({ name, value, from, variable }: Setting): string[] {
  const shown = value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value)
  return [name, shown, from === 'environment' ? `environment: ${variable}` : from]
}
