import { expect, test } from 'vitest'
import { findProgram } from './testing/debian-program.ts'
import { startSet, trySet } from './try-set.ts'
import { composeSet } from './try-set/compose-settings.ts'
import { caddyfile, nodeSettings, proxySettings } from './try-set/processes.ts'

/** Where a thing is differs between containers and processes of one machine; what it does, must not. */
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
  // What makes it the set that it is.
  expect(set.nodes[one]).toMatchObject({ AUTH_MODE: 'accounts', NODE_ENV: 'production' })
  expect(set.command.at(-1)).toBe('server/main.ts')
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
  await using set = await startSet({ asProcesses: true, more }, (text) => said.push(text))
  expect(await trySet(set, (text) => said.push(text))).toMatchObject({
    killed: expect.stringMatching(/^node-/),
    attempts: 2,
  })
  expect(said.join('\n')).toContain('nothing twice, nothing missing')
})
