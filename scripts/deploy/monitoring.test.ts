import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Registry, collectDefaultMetrics } from 'prom-client'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { startTestApp } from '../../server/testing/app.ts'
import { findOrInstall, findProgram } from '../testing/debian-program.ts'
import type { Found } from '../testing/debian-program.ts'
import { freePort } from '../testing/free-port.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const ALERTS = 'deploy/prometheus/alerts.yml'

const Alerts = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          annotations: z.object({ runbook_url: z.string() }),
        }),
      ),
    }),
  ),
})
const Dashboard = z.object({
  panels: z.array(
    z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) }),
  ),
})
const rules = Alerts.parse(parse(read(ALERTS))).groups.flatMap((group) => group.rules)
const panels = Dashboard.parse(JSON.parse(read('deploy/grafana/throughline.json'))).panels

/** The names of the metrics of a node with accounts, with those that Prometheus derives from a histogram. */
async function metricNames(): Promise<Set<string>> {
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  await using app = await startTestApp({ env: { AUTH_MODE: 'accounts' }, metrics })
  const response = await fetch(`${await app.listen()}/metrics`)
  const types = [...(await response.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  const parts = (name: string, type: string) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((part) => name + part) : [name]
  // Prometheus adds a metric about its targets; and one metric exists only with WAKE_URL
  // (server/stories/nodes/wake.pg.test.ts).
  return new Set([
    'up',
    'throughline_wake_up',
    ...types.flatMap(([, name = '', type = '']) => parts(name, type)),
  ])
}

test('alerts and the dashboard ask for metrics that exist', async () => {
  const known = await metricNames()
  const asked = [...rules, ...panels.flatMap(({ targets }) => targets)].flatMap(({ expr }) =>
    [...expr.matchAll(/\b(up|(?:throughline|nodejs|process)_[a-z0-9_]+)\b/g)].map(([name]) => name),
  )
  expect(asked.length).toBeGreaterThan(20)
  expect(asked.filter((name) => !known.has(name))).toEqual([])
})

test('each alert links to a chapter of the runbook', () => {
  const chapters = [...read('docs/operations.md').matchAll(/^#{2,3} (.+)$/gm)].map(
    ([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
  )
  // Each chapter about an alert names one that exists.
  const named = [...read('docs/operations.md').matchAll(/^\*Alert:\* `(\w+)`/gm)].map(
    ([, one]) => one,
  )
  const byName = (a = '', b = '') => a.localeCompare(b)
  expect(named.toSorted(byName)).toEqual(rules.map(({ alert }) => alert).toSorted(byName))
  const linked = rules.map(({ annotations }) => annotations.runbook_url.split('#')[1] ?? '')
  expect(linked.filter((chapter) => !chapters.includes(chapter))).toEqual([])
})

/** The quick run installs nothing. */
const found: Found =
  process.env.QUICK === '1' && findProgram('prometheus') === undefined
    ? { missing: 'it is not installed here' }
    : findOrInstall('prometheus')
if ('missing' in found) {
  console.log(`Alerts and dashboard are not given to a Prometheus: ${found.missing}.`)
}
const prometheus = 'path' in found ? found.path : undefined
const promtool = findProgram('promtool')

test.skipIf(promtool === undefined)(
  'each alert is raised by what it is for, and not by less',
  () => {
    for (const [kind, file] of [
      ['check', ALERTS],
      ['test', 'deploy/prometheus/alerts.test.yml'],
    ] as const) {
      const { status, stdout, stderr } = spawnSync(
        promtool ?? '',
        [kind, 'rules', join(root, file)],
        { encoding: 'utf8' },
      )
      expect(status, stdout + stderr).toBe(0)
    }
  },
)

test.skipIf(prometheus === undefined)(
  'a Prometheus that scrapes a node answers all that alerts and the dashboard ask',
  async () => {
    const metrics = new Registry()
    collectDefaultMetrics({ register: metrics })
    await using app = await startTestApp({ env: { AUTH_MODE: 'accounts' }, metrics })
    const target = new URL(await app.listen()).host
    await using server = await startPrometheus(target)
    const ask = async (expr: string): Promise<unknown> => {
      const query = `${server.url}/api/v1/query?query=${encodeURIComponent(expr)}`
      return (await fetch(query)).json()
    }
    await expect
      .poll(() => ask('up == 1').catch(() => null))
      .toMatchObject({ data: { result: [{ metric: { job: 'throughline' } }] } })
    for (const { expr } of [...rules, ...panels.flatMap(({ targets }) => targets)]) {
      // Grafana replaces these variables by an interval.
      const asked = expr.replaceAll(/\$__rate_interval|\$__interval/g, '5m')
      expect(await ask(asked), asked).toMatchObject({ status: 'success' })
    }
    const known: unknown = await (await fetch(`${server.url}/api/v1/rules`)).json()
    expect(known).toMatchObject({
      data: {
        groups: [
          {
            rules: rules.map(({ alert }) => ({
              name: alert,
              health: expect.not.stringMatching(/err/),
            })),
          },
        ],
      },
    })
  },
)

/** Starts a Prometheus with our alerts that scrapes one node every second. */
async function startPrometheus(target: string): Promise<AsyncDisposable & { url: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'))
  const port = await freePort()
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [join(root, ALERTS)],
    scrape_configs: [{ job_name: 'throughline', static_configs: [{ targets: [target] }] }],
  }
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config))
  const child = spawn(
    prometheus ?? '',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  )
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null) {
        const exited = once(child, 'exit')
        child.kill('SIGTERM')
        await exited
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}
