import { isBuiltin } from 'node:module'
import { posix } from 'node:path'

/**
 * The import rules. Imports run one way: `contract <- session <- client <- react <- web`, and `contract <- db <-
 * server`. Features do not import each other; the level above composes them.
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
  web: ['contract', 'session', 'client', 'react'],
  db: ['contract'],
  server: ['contract', 'session', 'db'],
} as const satisfies Record<string, readonly string[]>

const folders: readonly (readonly [string, Layer])[] = [
  ['shared/contract/', 'contract'],
  ['shared/session/', 'session'],
  ['shared/client/', 'client'],
  ['shared/react/', 'react'],
  ['web/', 'web'],
  ['db/', 'db'],
  ['server/', 'server'],
]

/**
 * Layers that run in every environment list the packages that they may import; React may be imported from
 * `shared/react` on.
 */
const anywhere = ['zod', '@trpc/client', '@trpc/server']
const packages: Partial<Record<Layer, readonly string[]>> = {
  contract: anywhere,
  session: anywhere,
  client: anywhere,
  react: [...anywhere, 'react', '@tanstack/react-query', '@trpc/react-query'],
}

const sql = /^(kysely|pg|pg-(?!boss)[a-z-]+|@electric-sql\/.+)$/
const interfaces =
  /^(react|react-dom|@trpc\/react-query|@tanstack\/.+|radix-ui|lucide-react|virtua)$/

/**
 * Files directly in server/ that compose the features. A feature that imported one of them would import all features.
 */
const composers = /^server\/(index|main|app|router|queries|caller)\.ts$/

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

/**
 * Code that calls a model may use these files of server/model: they separate text from reasoning and keep the promises
 * of the model port.
 */
const asksModels = /^server\/(runs|jobs)$/
const modelTools = /^server\/model\/(text\/(safe-stream|think-tags)|redacted-error)\.ts$/

/** Whatever appends to a log holds a transaction of this module, so every feature may import it. */
const transaction = 'server/log/transaction.ts'

/** Rules within one layer: features do not import features, and nothing imports what composes it. */
function siblingProblem(file: string, target: string, typeOnly: boolean): string | null {
  const feature = featureOf(file) ?? (isWidget(file) ? 'web/ui' : null)
  const targetFeature = featureOf(target)
  if (!feature || feature === targetFeature) return null
  // Commands stand above the other features.
  if (targetFeature && (feature === 'server/commands' || target === transaction)) return null
  if (targetFeature && asksModels.test(feature) && modelTools.test(target)) return null
  if (targetFeature && !(layerOf(file) === 'server' && posix.basename(target) === 'port.ts')) {
    return `features do not import features: ${feature} must not know ${targetFeature}`
  }
  const composes = composers.test(target) || target.startsWith('web/app/')
  return composes && !typeOnly ? `${feature} must not know what composes it` : null
}

/** Folders of the server that every feature may import, like the files directly in it. */
const base = /^server\/(config|threads)\//

function featureOf(file: string): string | null {
  if (base.test(file)) return null
  return /^(server\/[^/]+|web\/features\/[^/]+)\//.exec(file)?.[1] ?? null
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
const entries = /^(shared\/(client|contract|react)|server|server\/testing)\/index\.ts$/

/** The reason why `file` may not re-export `specifier`; null when it may. */
export function barrelProblem(file: string, specifier: string): string | null {
  if (!specifier.startsWith('.') || entries.test(file)) return null
  return 'only the published entries gather exports: import from the file that declares it'
}
