import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../scripts/testing/server-process.ts'
import type { McpServerConfig } from './config.ts'
import { hostileServer, isAlive } from './testing/servers.ts'
import { outputOf, PATIENT, serve } from './testing/served-tools.ts'

async function temporaryFile(content = '') {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'file')
  await writeFile(path, content)
  return { path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

test('a server that lists what is no tool costs those, and nothing else', async () => {
  await using mcp = await serve([hostileServer(['odd-list'])])
  expect(mcp.names()).toEqual([
    'hostile__no_schema',
    'hostile__bad_type',
    'hostile__bad_properties',
    expect.stringMatching(/^hostile__a_tool_with_odd_characters_[0-9a-f]{8}$/),
    'hostile__good',
  ])
  const [none, badType, badProperties, , good] = mcp.registry.list()
  expect(none?.inputSchema).toEqual({ type: 'object', properties: {} })
  expect(badType?.inputSchema).toEqual({ type: 'object', properties: { a: {} } })
  expect(badProperties?.inputSchema).toEqual({ type: 'object', properties: {} })
  expect(good?.inputSchema).not.toHaveProperty('$schema')
})

test('a server that prints other things among its messages is understood', async () => {
  await using mcp = await serve([hostileServer(['chatty'])])
  expect(outputOf(await mcp.call('hostile__echo', { a: 1 })).content).toEqual([
    { type: 'text', text: '{"a":1}' },
  ])
})

test('a server that dies in a call: the call was lost, its tools go, and come back by themselves', async () => {
  await using mcp = await serve([hostileServer()])
  const echo = mcp.registry.find('hostile__echo')
  expect(await mcp.call('hostile__die')).toMatchObject({ ok: false, kind: 'lost' })
  await mcp.until(
    () => mcp.names().includes('hostile__echo') && mcp.registry.find('hostile__echo') !== echo,
  )
  expect(await mcp.call('hostile__echo')).toMatchObject({ ok: true })
})

test('a server that hangs in a call costs the call its time; a stop is told to it', async () => {
  await using calls = await temporaryFile()
  await using mcp = await serve([hostileServer([], { CALLS: calls.path })], { timeoutMs: 200 })
  expect(await mcp.call('hostile__hang')).toMatchObject({ kind: 'timeout' })
  await expect.poll(() => readFile(calls.path, 'utf8'), PATIENT).toBe('hang\ncancelled\n')
  const stop = new AbortController()
  const stopped = mcp.call('hostile__hang', {}, stop.signal)
  stop.abort()
  expect(await stopped).toMatchObject({ kind: 'stopped' })
  expect(await mcp.call('hostile__echo')).toMatchObject({ ok: true })
})

test('a server that sends 50 MB in one message is ended, and begun again', async () => {
  await using mcp = await serve([hostileServer()])
  expect(await mcp.call('hostile__huge')).toMatchObject({
    kind: 'lost',
    error: expect.stringContaining('8 MiB'),
  })
  await mcp.until(() => mcp.names().length === 0)
  await mcp.until(() => mcp.names().length > 0)
  expect(await mcp.call('hostile__echo')).toMatchObject({ ok: true })
})

test('a server that floods with notifications is held back, and the others answer meanwhile', async () => {
  const calm = { ...hostileServer(), name: 'calm' }
  await using mcp = await serve([hostileServer(), calm], { timeoutMs: 3_000 })
  const flooded = mcp.call('hostile__flood')
  await expect.poll(() => flooded.progress.length, PATIENT).toBeGreaterThan(0)
  expect(await mcp.call('calm__echo')).toMatchObject({ ok: true })
  expect(await flooded).toMatchObject({ kind: 'timeout' })
  // Half of the messages are progress: of the burst, and of three seconds at the limited rate.
  expect(flooded.progress.length).toBeLessThan(2_000)
})

test('a server that never says a word, or is no program, has no tools and says why', async () => {
  const nothing: McpServerConfig = {
    name: 'nothing',
    approval: 'writes',
    kind: 'stdio',
    command: '/nowhere/no-such-program',
    args: ['a-secret'],
    env: {},
    cwd: undefined,
  }
  await using mcp = await serve([hostileServer(['silent']), nothing], { times: { connectMs: 300 } })
  expect(mcp.names()).toEqual([])
  const outcome = await mcp.call('nothing__tool')
  expect(outcome).toMatchObject({ kind: 'unknown-tool', error: expect.stringContaining('ENOENT') })
  expect(JSON.stringify(outcome)).not.toMatch(/secret|nowhere/)
  await expect
    .poll(async () => JSON.stringify(await mcp.call('hostile__echo')), PATIENT)
    .toMatch(/not answer|not connected/)
})

test('what a tool answers is kept in bounds, and as what can be stored and shown', async () => {
  await using mcp = await serve([hostileServer()])
  const outcome = await mcp.call('hostile__odd')
  const { content, notes } = outputOf(outcome)
  const kinds = ['text', 'file', 'file', 'file', 'file', 'link', 'text', 'file', 'text']
  expect(content.map(({ type }) => type)).toEqual(kinds)
  expect(content[0]).toEqual({ type: 'text', text: 'a\uFFFDb\uFFFDc' })
  const brought = outcome.ok ? (outcome.brought ?? []) : []
  expect(brought.map(({ name }) => name)).toEqual([
    'image.svg',
    'audio.wav',
    'image.png',
    'image.png',
    'a report.pdf',
  ])
  expect(content.flatMap((piece) => (piece.type === 'file' ? [piece.id] : []))).toEqual(
    brought.map(({ id }) => id),
  )
  expect(JSON.stringify(content).length).toBeLessThan(270_000)
  expect(notes).toEqual([
    'A piece was left out: image.',
    'A piece was left out: hologram.',
    'A piece was left out: unknown.',
    'The text was cut to 256 KiB.',
  ])
  expect(await mcp.call('hostile__fail')).toEqual({
    ok: false,
    kind: 'failed',
    error: 'no\uFFFD such thing',
  })
})

test('a definition that changes is another one from then on', async () => {
  await using state = await temporaryFile('one')
  await using mcp = await serve([hostileServer([], { STATE: state.path })])
  const description = () => mcp.registry.find('hostile__write')?.description
  expect(description()).toContain('one')
  await writeFile(state.path, 'two')
  await mcp.until(() => description()?.includes('two') ?? false)
})

test('a server that will not end is ended, with this one', async () => {
  await using pid = await temporaryFile()
  const mcp = await serve([hostileServer(['stubborn'], { PID: pid.path })])
  expect(await mcp.call('hostile__echo')).toMatchObject({ ok: true })
  const id = Number(await readFile(pid.path, 'utf8'))
  expect(isAlive(id)).toBe(true)
  const began = performance.now()
  await mcp[Symbol.asyncDispose]()
  expect(performance.now() - began).toBeLessThan(5_000)
  expect(mcp.names()).toEqual([])
  await expect.poll(() => isAlive(id), PATIENT).toBe(false)
})

test.each([
  ['refuses its credentials', 401, {}, 'credentials'],
  ['sends elsewhere', 307, { location: 'http://127.0.0.1:1/mcp' }, 'not there'],
  ['is no MCP server', 200, { 'content-type': 'text/html' }, 'speak MCP'],
  ['has troubles of its own', 500, {}, 'HTTP status 500'],
])(
  'an address that %s has no tools, and says why without a secret',
  async (_, status, headers, why) => {
    let asked = 0
    const server = createServer((request, response) => {
      asked += 1
      request.resume()
      response.writeHead(status, headers).end('<html>')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const config: McpServerConfig = {
      name: 'remote',
      approval: 'writes',
      kind: 'http',
      url: `http://127.0.0.1:${port}/a-secret`,
      headers: { authorization: 'Bearer a-secret' },
    }
    await using mcp = await serve([config])
    const outcome = await mcp.call('remote__tool')
    expect(outcome).toMatchObject({ kind: 'unknown-tool', error: expect.stringContaining(why) })
    expect(JSON.stringify(outcome)).not.toContain('a-secret')
    // It is retried, with pauses.
    await expect.poll(() => asked, PATIENT).toBeGreaterThan(1)
    server.closeAllConnections()
    server.close()
  },
)
