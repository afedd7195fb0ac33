/** Who may import whom: the table of DESIGN §4. A file that is in no row may import nothing of ours. */

const CONTRACT = '^adapters/(adapter|witness)[.]ts$'
const FOR_ADAPTERS =
  '^src/domain/(in-turns|rule|identity|match|prefix|numeric|bitmask|input-error|clock|log)[.]ts$'
/** The inventory, its lookups and the readers of its texts, as pure as the domain; files are read by `src/config/`. */
const INVENTORY = '^src/inventory/'
/** What mails say, made of templates and data alone; files are read by `src/config/`. */
const LETTERS = '^src/notify/letters/'
const OURS = '^(src|adapters|simulator|test)/'
/** Tests, and what helps the tests of one adapter, in a folder `testing` beside them. */
const TESTS = '([.]test[.]ts|/testing/[^/]+)$'

/** Folder of `src`, the other folders it may import, and those of which it may import types alone. */
const LAYERS = [
  { folder: 'domain', may: [] },
  { folder: 'triggers', may: ['domain'] },
  { folder: 'policy', may: ['domain'], also: ['^src/triggers/trigger-schema[.]ts$'] },
  { folder: 'placement', may: ['domain'], also: [INVENTORY] },
  { folder: 'guards', may: ['domain', 'placement'], also: [INVENTORY] },
  { folder: 'worker', may: [] },
  { folder: 'ledger', may: ['domain', 'worker'] },
  { folder: 'bindings', may: ['domain', 'inventory', 'worker'], also: ['^src/ledger/(files|lock)[.]ts$'] },
  { folder: 'inventory', may: ['domain'], also: [CONTRACT] },
  { folder: 'engine', may: ['domain', 'placement', 'guards', 'inventory', 'ledger'], also: [CONTRACT] },
  {
    folder: 'app',
    may: ['domain', 'calendar', 'triggers', 'policy', 'placement', 'guards', 'ledger', 'inventory', 'engine'],
    types: ['notify'],
    also: [CONTRACT],
  },
  { folder: 'http', may: ['domain', 'app', 'calendar', 'triggers'] },
  { folder: 'web', may: ['domain', 'app'] },
  { folder: 'notify', may: ['domain', 'worker'], types: ['ledger'] },
  { folder: 'calendar', may: ['domain'], types: ['ledger'] },
  {
    folder: 'config',
    may: ['domain', 'calendar', 'inventory', 'policy', 'triggers'],
    types: ['ledger', 'placement'],
    also: [CONTRACT, '^src/guards/limits[.]ts$', LETTERS],
  },
  { folder: 'obs', may: ['domain'], types: ['ledger'] },
  { folder: 'setup', may: [], also: ['^src/main[.]ts$'] },
]

/** Packages of each adapter's vendor, beside typebox. */
const VENDOR = {
  transport: ['ssh2', 'saxes'],
  ldap: ['ldapts'],
}

function layerRules({ folder, may, types = [], also = [] }) {
  const own = `^src/${folder}/`
  const allowed = [own, ...may.map((name) => `^src/${name}/`), ...also]
  const values = {
    name: `src-${folder}`,
    severity: 'error',
    from: { path: own, pathNot: TESTS },
    to: { path: OURS, pathNot: allowed },
  }
  if (types.length === 0) return [values]
  const typed = types.map((name) => `^src/${name}/`)
  return [
    { ...values, to: { path: OURS, pathNot: [...allowed, ...typed] } },
    {
      name: `src-${folder}-types-alone`,
      severity: 'error',
      from: { path: own, pathNot: TESTS },
      to: { path: typed, dependencyTypesNot: ['type-only'] },
    },
  ]
}

const PURE = ['^src/(domain|policy|placement|guards|triggers|calendar)/', INVENTORY, LETTERS]
/** What of the sources of triggers has effects: a folder is read. */
const SPOOL = '^src/triggers/spool[.]ts$'

const sources = [
  ...LAYERS.flatMap(layerRules),
  {
    name: 'src-no-other-folder',
    comment: 'A new folder of src needs its row in the table.',
    severity: 'error',
    from: {
      path: '^src/',
      pathNot: [
        `^src/(${LAYERS.map((row) => row.folder).join('|')}|cli)/`,
        '^src/(main|wiring)[.]ts$',
        TESTS,
      ],
    },
    to: {},
  },
  {
    name: 'domain-packages',
    severity: 'error',
    from: { path: '^src/domain/', pathNot: TESTS },
    to: { path: '^node_modules/', pathNot: '^node_modules/ipaddr[.]js/' },
  },
  {
    name: 'triggers-packages',
    severity: 'error',
    from: { path: '^src/triggers/', pathNot: TESTS },
    to: { path: '^node_modules/', pathNot: '^node_modules/typebox/' },
  },
  {
    name: 'mail-packages',
    comment: 'Mail is read and written in one place.',
    severity: 'error',
    from: { path: '^(src|adapters|simulator)/', pathNot: ['^src/notify/', TESTS] },
    to: { path: '^node_modules/(nodemailer|mailparser|smtp-server)/' },
  },
  {
    name: 'domain-node',
    severity: 'error',
    from: { path: '^src/domain/', pathNot: TESTS },
    to: { dependencyTypes: ['core'], pathNot: '^(node:)?net$' },
  },
  {
    name: 'pure',
    comment: 'No clock, no file, no network, no process: what they need is passed in.',
    severity: 'error',
    from: { path: PURE, pathNot: ['^src/domain/prefix[.]ts$', SPOOL, TESTS] },
    to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|net|util|assert)(/|$)' },
  },
  {
    name: 'cli-speaks-http',
    severity: 'error',
    from: { path: '^src/cli/', pathNot: ['^src/cli/local/', TESTS] },
    to: { path: OURS, pathNot: ['^src/cli/', '^src/domain/'] },
  },
  {
    name: 'cli-domain-types-alone',
    severity: 'error',
    from: { path: '^src/cli/', pathNot: ['^src/cli/local/', TESTS] },
    to: { path: '^src/domain/', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'nobody-imports-main',
    severity: 'error',
    from: {
      path: '^(src|adapters|simulator)/',
      pathNot: ['^src/(setup|cli/local)/', '^src/main[.]ts$', TESTS],
    },
    to: { path: '^src/(main|wiring)[.]ts$' },
  },
]

/** A module of an adapter; what its tests may do beside is left to them. */
const ADAPTER = '^adapters/([^/]+)/'
/** What adapters share, what witnesses do, what switches are, and what it is to be configured: they know no kind of device. */
const SHARED = [
  '^adapters/transport/',
  '^adapters/witnessing/',
  '^adapters/switching/',
  '^adapters/configured/',
]
/** Of these, what is made of others, and of which. */
const UNDER = { '^adapters/configured/': ['^adapters/transport/', '^adapters/switching/'] }

const adapters = [
  {
    name: 'adapter-alone',
    comment: 'Never another adapter, never a block, a reason or an actor.',
    severity: 'error',
    from: { path: ADAPTER, pathNot: TESTS },
    to: { path: OURS, pathNot: ['^adapters/$1/', ...SHARED, CONTRACT, FOR_ADAPTERS] },
  },
  ...SHARED.map((folder) => ({
    name: `${folder.split('/')[1]}-alone`,
    severity: 'error',
    from: { path: folder, pathNot: TESTS },
    to: { path: OURS, pathNot: [folder, ...(UNDER[folder] ?? []), CONTRACT, FOR_ADAPTERS] },
  })),
  {
    name: 'contract',
    severity: 'error',
    from: { path: CONTRACT },
    to: { path: OURS, pathNot: [CONTRACT, FOR_ADAPTERS] },
  },
  {
    name: 'registry',
    severity: 'error',
    from: { path: '^adapters/index[.]ts$' },
    to: { path: OURS, pathNot: ['^adapters/[^/]+/index[.]ts$', CONTRACT] },
  },
  {
    name: 'adapter-packages',
    comment: "A vendor's package is named in VENDOR, above.",
    severity: 'error',
    from: {
      path: '^adapters/',
      pathNot: [TESTS, ...Object.keys(VENDOR).map((kind) => `^adapters/${kind}/`)],
    },
    to: { path: '^node_modules/', pathNot: '^node_modules/typebox/' },
  },
  ...Object.entries(VENDOR).map(([kind, packages]) => ({
    name: `adapter-packages-${kind}`,
    severity: 'error',
    from: { path: `^adapters/${kind}/`, pathNot: TESTS },
    to: {
      path: '^node_modules/',
      pathNot: [...packages, 'typebox'].map((name) => `^node_modules/(@types/)?${name}/`),
    },
  })),
  ...['.*[.]test[.]ts$', 'testing/'].map((ending, index) => ({
    name: `adapter-tests-${index + 1}`,
    comment: 'A test of an adapter sees the adapter, the domain, the simulator and test helpers.',
    severity: 'error',
    from: { path: `${ADAPTER}${ending}` },
    to: {
      path: OURS,
      pathNot: ['^adapters/$1/', ...SHARED, CONTRACT, '^src/domain/', '^simulator/', '^test/'],
    },
  })),
]

const everywhere = [
  {
    name: 'simulator-alone',
    comment: 'Sharing a renderer or a parser with it would prove nothing.',
    severity: 'error',
    from: { path: '^simulator/', pathNot: TESTS },
    to: { path: OURS, pathNot: '^simulator/' },
  },
  {
    name: 'no-simulator',
    severity: 'error',
    from: { path: '^(src|adapters)/', pathNot: ['^src/main[.]ts$', '^src/cli/local/', TESTS] },
    to: { path: '^simulator/' },
  },
  {
    name: 'no-test',
    severity: 'error',
    from: { path: '^(src|adapters|simulator)/', pathNot: TESTS },
    to: { path: ['^test/', TESTS] },
  },
  {
    name: 'no-dev-package',
    severity: 'error',
    // What makes the build runs where there is everything to build with.
    from: { path: '^(src|adapters|simulator)/', pathNot: [TESTS, '^src/setup/bundle[.]mjs$'] },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
  },
  { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
  { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  {
    name: 'no-orphan',
    severity: 'error',
    from: {
      orphan: true,
      pathNot: ['^src/main[.]ts$', '^src/cli/', '[.]mjs$', '[.]d[.]ts$', TESTS, '^test/bench/'],
    },
    to: {},
  },
]

module.exports = {
  forbidden: [...sources, ...adapters, ...everywhere],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      extensions: ['.ts', '.mjs', '.cjs', '.js', '.json'],
    },
  },
}
