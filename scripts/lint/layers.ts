import { isBuiltin } from 'node:module'
import { posix } from 'node:path'

/**
 * The import rules. Imports run one way: `contract <- session <- client <- react <- web`, and `contract <- db <-
 * server`. Inside the server rooms are in order; features of the app do not import each other.
 */

/** An import as written; `typeOnly` is an `import type`, which does not exist at run time. */
export type Import = { specifier: string; typeOnly: boolean }

type Layer = keyof typeof below

/** The layers that each layer may import, besides itself. */
const below = {
  contract: [],
  session: ['contract'],
  client: ['contract', 'session'],
  react: ['contract', 'session', 'client'],
  'ai-sdk': [],
  web: ['contract', 'session', 'client', 'react'],
  db: ['contract'],
  server: ['contract', 'session', 'db'],
} as const satisfies Record<string, readonly string[]>

const folders: readonly (readonly [string, Layer])[] = [
  ['shared/contract/', 'contract'],
  ['shared/session/', 'session'],
  ['shared/client/', 'client'],
  ['shared/react/', 'react'],
  ['shared/ai-sdk/', 'ai-sdk'],
  ['web/', 'web'],
  ['db/', 'db'],
  ['server/', 'server'],
]

/**
 * Layers that run in every environment list the packages that they may import; React may be imported from
 * `shared/react` on.
 */
const anywhere = ['zod', '@trpc/client', '@trpc/server']
/** The SDK also stores the outbox in the browser's database. */
const inClients = [...anywhere, 'idb']
const packages: Partial<Record<Layer, readonly string[]>> = {
  contract: anywhere,
  session: [...anywhere, 'partial-json'],
  client: inClients,
  'ai-sdk': ['ai'],
  react: [...anywhere, 'react', '@tanstack/react-query', '@trpc/react-query'],
}

const sql = /^(kysely|pg|pg-(?!boss)[a-z-]+|@electric-sql\/.+)$/
const interfaces =
  /^(react|react-dom|@trpc\/react-query|@tanstack\/.+|radix-ui|lucide-react|virtua)$/

/**
 * Files directly in server/ that compose the rooms: they may import all of them, and are imported by none. The other
 * files directly in server/ serve every room, and so know rooms by their types only.
 */
const composers =
  /^server\/(index|main|app|router|queries|caller|gate|node-messages|open-http|open-log|open-models|open-resources|open-tools|start-config)\.ts$/

/**
 * The rooms of the server, from the top: each may import those that it names, which are all below it. A request goes
 * `http` → `commands` → `runs` → `log` → `db`. `http` is handed the router, from which it derives routes.
 */
export const rooms: Record<string, readonly string[]> = {
  archive: ['doors', 'files', 'sessions', 'auth', 'concurrency'],
  doors: ['http', 'log', 'files', 'tools', 'auth'],
  http: ['auth'],
  commands: [
    'files',
    'runs',
    'presence',
    'admin',
    'sessions',
    'shares',
    'limits',
    'budget',
    'auth',
    'log',
    'tools',
    'concurrency',
  ],
  runs: [
    'jobs',
    'limits',
    'budget',
    'auth',
    'nodes',
    'log',
    'model',
    'tools',
    'concurrency',
    'telemetry',
  ],
  images: ['config', 'budget', 'model', 'tools'],
  speech: ['files', 'config', 'budget', 'auth', 'model'],
  files: ['limits', 'auth', 'log', 'model', 'config', 'concurrency'],
  presence: ['jobs', 'nodes', 'log', 'concurrency'],
  push: ['log', 'tools', 'concurrency'],
  jobs: ['budget', 'log', 'model'],
  admin: ['auth', 'sessions'],
  sessions: ['log', 'concurrency'],
  shares: [],
  usage: [],
  limits: ['budget', 'auth'],
  budget: ['auth', 'model'],
  auth: ['config'],
  telemetry: ['log', 'model', 'tools'],
  nodes: ['log'],
  log: ['concurrency'],
  model: [],
  mcp: ['config', 'tools', 'concurrency'],
  config: ['tools'],
  tools: ['concurrency'],
  concurrency: [],
}

/**
 * Folders within a room that only these files of the room import, but for their types: the regular work of a node is
 * done by its supervisor, and by nothing that drives a run.
 */
const inner: readonly { folder: string; importers: RegExp }[] = [
  { folder: 'server/runs/sweep/', importers: /^server\/runs\/(supervisor|sweep|sweep\/.+)\.ts$/ },
]

/** The only files of the server that may use `process`: the entry point, and those that read the process's state. */
const ofTheProcess = /^server\/(main|node-version|tools\/get-system-metrics)\.ts$/

/**
 * The reason why `file` may not have that import; null when it may.
 * @param file path from the root of the project, with `/`
 */
export function importProblem(file: string, { specifier, typeOnly }: Import): string | null {
  const layer = layerOf(file)
  // Tests may import everything, and so may the folders that are not layers: scripts, bench, e2e.
  if (!layer || isTesting(file)) return null
  if (!specifier.startsWith('.')) return packageProblem(file, layer, specifier)
  const target = posix.join(posix.dirname(file), specifier)
  if (isTesting(target)) return 'testing code stays in tests'
  // For the version in `/health`.
  if (target === 'package.json' && layer === 'server') return null
  const targetLayer = layerOf(target)
  if (!targetLayer) return `${target} belongs to no layer; only tests reach it`
  if (targetLayer === layer) return siblingProblem(file, target, typeOnly)
  if (below[layer].some((one) => one === targetLayer)) return null
  const ofTheRouter = layer === 'client' && target === 'server/router.ts'
  if (ofTheRouter && typeOnly) return null
  if (ofTheRouter) return "the router's type is all the client may see: use import type"
  return `imports run one way: ${layer} must not know ${targetLayer}`
}

function packageProblem(file: string, layer: Layer, specifier: string): string | null {
  const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier
  const runsInServer = layer === 'server' || layer === 'db'
  if (isBuiltin(specifier)) {
    if (!runsInServer) return `${layer} runs in browsers too: no Node`
    const isProcess = specifier === 'node:process' || specifier === 'process'
    return isProcess && !ofTheProcess.test(file) ? 'only server/main.ts touches the process' : null
  }
  if (layer !== 'db' && sql.test(name)) return 'no SQL outside db/'
  if (runsInServer && interfaces.test(name)) return `${layer} draws nothing: no ${name}`
  const allowed = packages[layer]
  if (allowed && !allowed.includes(name)) return `shared/${layer} runs anywhere: no ${name}`
  return null
}

/** Rules within one layer: rooms of the server are in order, features of the app know none of the others. */
function siblingProblem(file: string, target: string, typeOnly: boolean): string | null {
  return layerOf(file) === 'server'
    ? roomProblem(file, target, typeOnly)
    : featureProblem(file, target)
}

function roomProblem(file: string, target: string, typeOnly: boolean): string | null {
  if (composers.test(file)) return null
  const [room, targetRoom] = [roomOf(file), roomOf(target)]
  const closed = inner.find(({ folder }) => target.startsWith(folder))
  if (closed && !closed.importers.test(file) && !typeOnly) {
    return `${closed.folder} is for the supervisor: ${file} must not know it`
  }
  if (targetRoom === null || room === targetRoom) {
    return composers.test(target) && !typeOnly ? `${file} must not know what composes it` : null
  }
  if (room === null) {
    return typeOnly ? null : `${file} serves every room: it may know ${targetRoom} by types only`
  }
  const allowed = rooms[room]
  if (!allowed) return `server/${room} has no place in the order of rooms (scripts/lint/layers.ts)`
  return allowed.includes(targetRoom)
    ? null
    : `rooms import what is below them: ${room} must not know ${targetRoom}`
}

function roomOf(file: string): string | null {
  return /^server\/([^/]+)\//.exec(file)?.[1] ?? null
}

function featureProblem(file: string, target: string): string | null {
  const feature = featureOf(file) ?? (isWidget(file) ? 'web/ui' : null)
  const targetFeature = featureOf(target)
  if (!feature || feature === targetFeature) return null
  if (targetFeature) {
    return `features do not import features: ${feature} must not know ${targetFeature}`
  }
  return target.startsWith('web/app/') ? `${feature} must not know what composes it` : null
}

function featureOf(file: string): string | null {
  return /^(web\/features\/[^/]+)\//.exec(file)?.[1] ?? null
}

/** Widgets are independent of the product, so that every feature may use them. */
function isWidget(file: string): boolean {
  return file.startsWith('web/ui/')
}

function layerOf(file: string): Layer | null {
  return folders.find(([folder]) => file.startsWith(folder))?.[1] ?? null
}

function isTesting(file: string): boolean {
  return (
    /\.(test|suite|story)\.tsx?$/.test(file) || /(^|\/)(testing|stories)(\/|\.tsx?$)/.test(file)
  )
}

/** The published entries. No other file may re-export. */
const entries = /^(shared\/(ai-sdk|client|contract|react)|server|server\/testing)\/index\.ts$/

/** The reason why `file` may not re-export `specifier`; null when it may. */
export function barrelProblem(file: string, specifier: string): string | null {
  if (!specifier.startsWith('.') || entries.test(file)) return null
  return 'only the published entries gather exports: import from the file that declares it'
}
