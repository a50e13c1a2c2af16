import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { findProgram } from '../testing/debian-program.ts'
import { startSet, trySet } from './try-set.ts'
import { composeSet } from './compose-settings.ts'
import { caddyfile, nodeSettings, proxySettings } from './processes.ts'

const isLong = process.env.LONG === '1'

/**
 * Settings that say where something is, which differ between containers and processes of one machine. No other setting
 * may differ.
 */
const PLACES = [
  ...['SERVER_HOST', 'TRUST_PROXY', 'PUBLIC_URL'],
  ...['DATA_DIR', 'DATABASE_URL_FILE', 'AUTH_SECRET_FILE'],
]

test('what is tried as processes has the settings of compose.yaml and its image, but for where things are', () => {
  const set = composeSet('localhost')
  const [one = '', other = ''] = Object.keys(set.nodes)
  const ports = { [one]: 8101, [other]: 8102 }
  const places = { httpsPort: 8443, httpPort: 8080, ports, folder: '/somewhere' }
  for (const [name, settings] of Object.entries(set.nodes)) {
    const tried = nodeSettings(name, places)
    expect(Object.keys(tried).toSorted()).toEqual(
      [...Object.keys(settings), 'SERVER_PORT'].toSorted(),
    )
    const differing = Object.keys(settings).filter((key) => tried[key] !== settings[key])
    expect(differing.toSorted()).toEqual(PLACES.toSorted())
  }
  // These settings make up the set.
  expect(set.nodes[one]).toMatchObject({ AUTH_MODE: 'accounts', NODE_ENV: 'production' })
  expect(set.command.at(-1)).toBe('dist/server/main.js')
  expect(proxySettings(places)).toMatchObject({
    SITE: 'localhost',
    NODES: '127.0.0.1:8101 127.0.0.1:8102',
  })
  expect(caddyfile(places)).toMatch(/\nimport .*\/deploy\/Caddyfile\n$/)
})

test('a newcomer’s set has a conversation over TLS, loses the node that answers, and ends the answer on the other', async () => {
  if (findProgram('caddy') === undefined) {
    console.log('The set is not tried: compose.yaml’s proxy, Caddy, is not installed here.')
    return
  }
  const said: string[] = []
  const more = { RUN_LEASE_SECONDS: '2' }
  const tell = (step: string): number => said.push(step)
  await using set = await startSet({ asProcesses: true, more }, tell)
  expect(await trySet(set, tell, isLong)).toMatchObject({
    killed: expect.stringMatching(/^node-/),
    attempts: 2,
  })
  expect(said.join('\n')).toContain('nothing twice, nothing missing')
  if (isLong) console.log(said.join('\n'))
})

const reason = isLong ? null : 'that is done by npm run test:long'
if (reason !== null) console.log(`compose.yaml is not started as containers: ${reason}.`)

test.skipIf(reason !== null)(
  'the containers of compose.yaml do the same, on an engine of their own where none runs',
  { timeout: 1_800_000 },
  async () => {
    const child = spawn(process.execPath, ['scripts/deploy/try-set.ts', '--containers'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const exited = once(child, 'exit')
    const [said, failed] = await Promise.all([text(child.stdout), text(child.stderr)])
    await exited
    if (/^The containers cannot be started here: /m.test(failed)) {
      console.log(failed)
      return
    }
    expect(child.exitCode, said + failed).toBe(0)
    console.log(said)
    for (const step of ['cannot write its root', 'nothing twice, nothing missing', 'in order']) {
      expect(said).toContain(step)
    }
  },
)
