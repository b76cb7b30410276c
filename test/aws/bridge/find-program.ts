import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { arch, homedir, platform } from 'node:os'
import { join } from 'node:path'

/** The program `terraform-provider-aws`: `BAKEHOUSE_TEST_AWS_PROVIDER`, or the one in a mirror folder of Terraform; undefined without one. */
export function findProviderProgram(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env.BAKEHOUSE_TEST_AWS_PROVIDER
  if (named === 'none') return undefined
  if (named) {
    if (existsSync(named)) return named
    throw new Error(`BAKEHOUSE_TEST_AWS_PROVIDER names a file that does not exist: ${named}`)
  }
  return mirrorFolders(env).flatMap(programsOf)[0]
}

/** The folders in which Terraform looks for providers, and its plugin cache. */
function mirrorFolders(env: NodeJS.ProcessEnv): string[] {
  const home = env.HOME || homedir()
  const config = withoutComments(readOrEmpty(env.TF_CLI_CONFIG_FILE || join(home, '.terraformrc')))
  const texts = (pattern: RegExp): string[] => [...config.matchAll(pattern)].map(([, text]) => text ?? '')
  const dataFolders = [env.XDG_DATA_HOME || join(home, '.local/share'), ...(env.XDG_DATA_DIRS || '/usr/local/share:/usr/share').split(':')]
  return [
    env.TF_PLUGIN_CACHE_DIR ?? '',
    ...texts(/\bplugin_cache_dir\s*=\s*"([^"]+)"/g).map((text) => withVariables(text, env)),
    ...texts(/\bfilesystem_mirror\s*\{[^}]*?\bpath\s*=\s*"([^"]+)"/g),
    join(home, '.terraform.d/plugins'),
    ...dataFolders.map((folder) => join(folder, 'terraform/plugins')),
  ].filter(Boolean)
}

/** The text of a configuration file without its comments. A text in quotes can contain their signs. */
function withoutComments(config: string): string {
  return config.replaceAll(/"[^"\n]*"|(?:#|\/\/).*|\/\*[\s\S]*?\*\//g, (found) => (found.startsWith('"') ? found : ' '))
}

/** Terraform replaces variables of the environment in `plugin_cache_dir`: its documentation has `$HOME` there. */
function withVariables(text: string, env: NodeJS.ProcessEnv): string {
  return text.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced?: string, plain?: string) => env[braced ?? plain ?? ''] ?? '')
}

/** The provider of this computer's system in a mirror folder, the newest version first. */
function programsOf(folder: string): string[] {
  const versions = join(folder, 'registry.terraform.io/hashicorp/aws')
  const system = `${platform()}_${arch() === 'x64' ? 'amd64' : arch()}`
  return namesIn(versions)
    .filter((name) => /^5\.\d+\.\d+$/.test(name))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .flatMap((version) => {
      const of = join(versions, version, system)
      return namesIn(of).flatMap((name) => (name.startsWith('terraform-provider-aws') ? [join(of, name)] : []))
    })
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

function readOrEmpty(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}
