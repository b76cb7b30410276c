/**
 * The layers: each folder of src/ imports only the folders in its list, also for types. docs/architecture.md has a picture. The comment of
 * each rule says what to do instead.
 */
export const stairs = {
  core: [],
  model: ['core'],
  engine: ['core'],
  report: ['model', 'core'],
  artifacts: ['model', 'core'],
  guest: ['model', 'core'],
  verify: ['guest', 'model', 'core'],
  cloud: ['guest', 'engine', 'model', 'core'],
  family: ['verify', 'cloud', 'guest', 'model', 'core'],
  records: ['engine', 'model', 'core'],
  graph: ['cloud', 'engine', 'model', 'core'],
  steps: ['family', 'verify', 'cloud', 'guest', 'model', 'core'],
  life: ['graph', 'records', 'cloud', 'engine', 'model', 'core'],
  setup: ['engine', 'model', 'core'],
  bake: ['artifacts', 'life', 'steps', 'graph', 'records', 'report', 'family', 'cloud', 'engine', 'model', 'core'],
  cli: ['bakehouse.ts', 'report', 'model', 'core'],
}

/** The layers of the local cloud. */
const insideLocal = {
  qemu: [],
  store: ['qemu'],
  disk: ['qemu'],
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
      'src/pulumi.ts must work with only @pulumi/pulumi installed, so it may import only model/.',
      { path: '^src/pulumi\\.ts$' },
      { path: '^src/', pathNot: '^src/model/' },
    ),
    rule(
      'model-is-plain',
      'model/ contains plain data and pure functions: it uses no package, no file and no process.',
      { path: '^src/model/' },
      { dependencyTypes: ['core', 'npm', 'npm-dev'] },
    ),
    door('clouds-by-their-list', 'Get a cloud from cloud/clouds.ts.', '^src/cloud/[^/]+/', '^src/cloud/'),
    rule(
      'clouds-apart',
      'Move code that two clouds share to guest/ or core/.',
      { path: '^src/cloud/([^/]+)/' },
      { path: '^src/cloud/[^/]+/', pathNot: '^src/cloud/$1/' },
    ),
    rule(
      'clouds-serve-plugins',
      'A cloud may use only the plugin protocol of engine/.',
      { path: '^src/cloud/' },
      { path: '^src/engine/', pathNot: '^src/engine/plugin/' },
    ),
    door(
      'verifiers-by-their-list',
      'Get a verifier from verify/verifiers.ts.',
      '^src/verify/',
      '^src/verify/',
      '^src/verify/(verifiers?|judge|junit)\\.ts$',
    ),
    door('systems-by-their-list', 'Get an operating system from guest/systems.ts.', '^src/guest/(linux|windows)/', '^src/guest/'),
    rule(
      'steps-by-their-doors',
      'A step runs in another process. Import only the code that starts or prepares it, or reads its results.',
      { path: '^src/bake/' },
      { path: '^src/steps/', pathNot: '^src/steps/(entry|preflight|prepare|results)\\.ts$' },
    ),
    door(
      'automation-in-engine',
      'Only engine/ uses the Automation API, because it handles its problems.',
      '^node_modules/@pulumi/pulumi/automation',
      '^src/(engine/|setup/pulumi-engine\\.ts$)',
    ),
    door(
      'commands-by-exec',
      'Use run() of core/exec.ts. Exceptions: processes that continue after their caller (worker, machine, wrapper), and setup/launch/, which runs before packages are installed.',
      '^(node:)?child_process$|^node_modules/execa/',
      '^src/(core/(exec|pipe)\\.ts|bake/bake-family\\.ts|cloud/local/(qemu|machines)/|engine/(wrapper\\.mjs|command/)|setup/launch/)',
    ),
    rule('tests-stay-tests', 'Code that the program needs must be in src/.', { path: '^(src|stacks)/' }, { path: '^(test|bench)/' }),
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
