/**
 * The stairs: a room is a folder of src/, and imports only the rooms named beside it. Types count.
 * docs/architecture.md draws them; each rule's comment says what to do instead.
 */
export const stairs = {
  core: [],
  model: ['core'],
  engine: ['core'],
  report: ['model', 'core'],
  guest: ['model', 'core'],
  verify: ['guest', 'model', 'core'],
  cloud: ['guest', 'engine', 'model', 'core'],
  family: ['verify', 'cloud', 'guest', 'model', 'core'],
  records: ['engine', 'model', 'core'],
  graph: ['cloud', 'model', 'core'],
  steps: ['family', 'verify', 'cloud', 'guest', 'model', 'core'],
  life: ['graph', 'records', 'cloud', 'engine', 'model', 'core'],
  setup: ['engine', 'model', 'core'],
  bake: ['life', 'steps', 'graph', 'records', 'report', 'family', 'cloud', 'engine', 'model', 'core'],
  cli: ['bakehouse.ts', 'report', 'model', 'core'],
}

/** The same inside the local cloud. */
const insideLocal = {
  qemu: [],
  store: ['qemu'],
  base: ['store', 'qemu'],
  machines: ['store', 'qemu'],
  warm: ['machines', 'store', 'qemu'],
  provider: ['warm', 'machines', 'store', 'qemu'],
}

const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

/** Files outside `from` may not import `to`, except `but`. */
const door = (name, comment, to, from, but) =>
  rule(name, comment, { path: '^src/', pathNot: from }, { path: to, ...(but && { pathNot: but }) })

const walls = (root, rooms) =>
  Object.entries(rooms).map(([room, below]) =>
    rule(
      `stairs-${room}`,
      `${room}/ may import ${below.join(', ') || 'nothing else'}. Pass what it needs as a parameter, or move it down.`,
      { path: `${root}${room}/` },
      { path: root, pathNot: `${root}(${[room, ...below].join('|')})(/|$)` },
    ),
  )

export default {
  forbidden: [
    rule('no-circle', 'Let both files import a third one, or give one of them a parameter. Types count.', {}, { circular: true }),
    ...walls('^src/', stairs),
    ...walls('^src/cloud/local/', insideLocal),
    rule(
      'stacks-stand-beside',
      'Stacks are users of the library: import src/bakehouse.ts or src/pulumi.ts.',
      { path: '^stacks/' },
      { path: '^src/', pathNot: '^src/(bakehouse\\.ts|pulumi\\.ts|model/|core/|engine/|cloud/[^/]+/)' },
    ),
    rule(
      'pulumi-stands-on-model',
      'src/pulumi.ts must load where only @pulumi/pulumi is installed: it may import model/ only.',
      { path: '^src/pulumi\\.ts$' },
      { path: '^src/', pathNot: '^src/model/' },
    ),
    rule(
      'model-is-plain',
      'model/ holds plain data and pure functions: no package, no file, no process.',
      { path: '^src/model/' },
      { dependencyTypes: ['core', 'npm', 'npm-dev'] },
    ),
    door('clouds-by-their-list', 'Ask cloud/clouds.ts for a cloud.', '^src/cloud/[^/]+/', '^src/cloud/'),
    rule(
      'clouds-apart',
      'What two clouds share goes to guest/ or core/.',
      { path: '^src/cloud/([^/]+)/' },
      { path: '^src/cloud/[^/]+/', pathNot: '^src/cloud/$1/' },
    ),
    rule(
      'clouds-serve-plugins',
      'Of engine/ a cloud needs the plugin protocol only.',
      { path: '^src/cloud/' },
      { path: '^src/engine/', pathNot: '^src/engine/plugin/' },
    ),
    door(
      'verifiers-by-their-list',
      'Ask verify/verifiers.ts for a verifier.',
      '^src/verify/',
      '^src/verify/',
      '^src/verify/(verifiers?|judge|junit)\\.ts$',
    ),
    door('systems-by-their-list', 'Ask guest/systems.ts for an operating system.', '^src/guest/(linux|windows)/', '^src/guest/'),
    rule(
      'steps-by-their-doors',
      'A step runs in another process: import only what starts or prepares it, or reads its results.',
      { path: '^src/bake/' },
      { path: '^src/steps/', pathNot: '^src/steps/(entry|preflight|prepare|results)\\.ts$' },
    ),
    door(
      'automation-in-engine',
      'The Automation API has traps; engine/ knows them.',
      '^node_modules/@pulumi/pulumi/automation',
      '^src/(engine/|setup/pulumi-engine\\.ts$)',
    ),
    door(
      'commands-by-exec',
      'Use run() of core/exec.ts. What outlives its caller (a worker, a machine, a wrapper) has a file of its own. setup/launch/ runs before packages are installed.',
      '^(node:)?child_process$|^node_modules/execa/',
      '^src/(core/(exec|pipe)\\.ts|bake/bake-family\\.ts|cloud/local/(qemu|machines)/|engine/(wrapper\\.mjs|command/)|setup/launch/)',
    ),
    rule('tests-stay-tests', 'What the product needs lives in src/.', { path: '^(src|stacks)/' }, { path: '^(test|bench)/' }),
    rule(
      'no-development-packages',
      'A package that src/ imports belongs in the dependencies of package.json.',
      { path: '^(src|stacks)/' },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    ),
    rule(
      'nothing-unresolved',
      'The file or package does not exist: a typing mistake, or a package missing in package.json.',
      {},
      { couldNotResolve: true },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.d.ts', '.json'],
    },
  },
}
