const test = '^(test|bench)/'

/** One way through the house: cli → bake → graph → cloud; steps and records are leaves. Each rule says what to do instead. */
export default {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one concern, or share a third one: move what both need into a file of its own.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'dynamic-import'] } },
    },
    {
      name: 'cli-is-the-top',
      comment: 'Nobody calls up to the command line: return a value, or tell an event, and let cli print it.',
      severity: 'error',
      from: { path: '^(src|stacks)/', pathNot: '^src/(cli/|bake\\.ts$)' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'bake-is-called-by-cli',
      comment: 'Only the command line starts a bake; below it, take what you need as an argument.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(bake|cli)/' },
      to: { path: '^src/bake/' },
    },
    {
      name: 'graph-is-called-by-bake',
      comment: 'The graph is what bake hands to the engine; whoever else needs to know what it made reads the outputs of a stack.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(bake|graph)/' },
      to: { path: '^src/graph/' },
    },
    {
      name: 'clouds-know-nothing-above',
      comment: 'A cloud is the lowest layer: what it needs of a build comes in the spec of cloud/cloud.ts.',
      severity: 'error',
      from: { path: '^src/cloud/' },
      to: { path: '^src/(bake|graph|steps|records|cli)/', pathNot: '^src/steps/(request|windows/(user-data|certificate|probe))\\.ts$' },
    },
    {
      name: 'clouds-by-name-only-in-choose',
      comment: 'A difference between clouds is a flag or an optional member of cloud/cloud.ts; get the cloud by chooseCloud().',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cloud/' },
      to: { path: '^src/cloud/[^/]+/', pathNot: '^src/cloud/local/provider/' },
    },
    {
      name: 'clouds-do-not-know-each-other',
      comment: 'What two clouds share belongs into core/.',
      severity: 'error',
      from: { path: '^src/cloud/([^/]+)/' },
      to: { path: '^src/cloud/[^/]+/', pathNot: '^src/cloud/$1/' },
    },
    {
      name: 'steps-are-leaves',
      comment: 'A step gets its request from the build folder, and answers with one line: nothing else of the house is its business.',
      severity: 'error',
      from: { path: '^src/steps/' },
      to: { path: '^src/', pathNot: '^src/(steps|core|family|setup)/|^src/cloud/(choose|cloud)\\.ts$' },
    },
    {
      name: 'records-are-leaves',
      comment: 'A record is plain data of core/model.ts, a report is rendered from records alone.',
      severity: 'error',
      from: { path: '^src/records/' },
      to: { path: '^src/', pathNot: '^src/(records|core)/' },
    },
    {
      name: 'family-is-a-leaf',
      comment: 'A family is what its file says, checked against the names of cloud/choose.ts.',
      severity: 'error',
      from: { path: '^src/family/' },
      to: { path: '^src/', pathNot: '^src/(family|core)/|^src/cloud/choose\\.ts$' },
    },
    {
      name: 'core-is-the-ground',
      comment: 'core/ is what every layer shares: it needs none of them.',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { path: '^src/', pathNot: '^src/core/' },
    },
    {
      name: 'commands-through-exec',
      comment: 'Short-lived commands go through run() of core/exec.ts; what stays (a worker, a machine, a wrapper) has its own place.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot:
          '^src/core/exec\\.ts$|^src/bake/bake\\.ts$|^src/cloud/local/(qemu|instances)/|^src/setup/cli-wrapper\\.mjs$|^src/plugin/command/',
      },
      to: { path: '^(node:)?child_process$|^node_modules/execa/' },
    },
    {
      name: 'engine-through-stack',
      comment: 'The Automation API has its traps (docs: README, "Robustness"); bake/stack.ts is the one place that knows them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/bake/(stack|engine|worker)[^/]*\\.ts$|^src/setup/' },
      to: { path: '^node_modules/@pulumi/pulumi/automation', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'tests-stay-tests',
      comment: 'What the product needs lives in src/.',
      severity: 'error',
      from: { path: '^(src|stacks)/' },
      to: { path: test },
    },
    {
      name: 'no-development-packages',
      comment: 'A package that src/ imports belongs into the dependencies of package.json.',
      severity: 'error',
      from: { path: '^(src|stacks)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'nothing-unresolved',
      comment: 'The file or package is not there: a typing mistake, or a package missing in package.json.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
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
