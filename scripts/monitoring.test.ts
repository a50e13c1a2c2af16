import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Registry, collectDefaultMetrics } from 'prom-client'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { startTestApp } from '../server/testing/app.ts'
import { findProgram } from './testing/debian-program.ts'

const root = join(import.meta.dirname, '..')
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

/** The names of what a node with accounts shows at `/metrics`, with those that Prometheus makes of a histogram. */
async function metricNames(): Promise<Set<string>> {
  const metrics = new Registry()
  collectDefaultMetrics({ register: metrics })
  await using app = await startTestApp({ env: { AUTH_MODE: 'accounts' }, metrics })
  const response = await fetch(`${await app.listen()}/metrics`)
  const types = [...(await response.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  const parts = (name: string, type: string) =>
    type === 'histogram' ? ['_bucket', '_sum', '_count'].map((part) => name + part) : [name]
  // Prometheus itself says whether a target answers.
  return new Set(['up', ...types.flatMap(([, name = '', type = '']) => parts(name, type))])
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
  const linked = rules.map(({ annotations }) => annotations.runbook_url.split('#')[1] ?? '')
  expect(linked.filter((chapter) => !chapters.includes(chapter))).toEqual([])
})

test('Prometheus reads the alerts', () => {
  const promtool = findProgram('promtool')
  if (promtool === undefined) {
    console.log('The alerts are not checked by promtool: it is not installed here.')
    return
  }
  const { status, stderr } = spawnSync(promtool, ['check', 'rules', join(root, ALERTS)], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})
