import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { temporaryFolder } from '../../scripts/testing/server-process.ts'
import { UserId } from '../../shared/contract/ids.ts'
import { McpOutput } from '../../shared/contract/mcp-output.ts'
import type { ToolProgress } from '../../shared/contract/tool.ts'
import { createToolRegistry } from '../tools/registry.ts'
import type { McpServerConfig } from './config.ts'
import { startMcpServers } from './servers.ts'
import { everythingOverHttp, everythingServer, hostileServer, isAlive } from './testing/servers.ts'

/** A long timeout, because test machines are busy. */
const PATIENT = { timeout: 30_000 }

const times = { retryMs: 50, longestRetryMs: 200, relistMs: 20, pingMs: 2_000 }

/** The registry over these servers, once each has connected or failed. */
async function serve(
  configs: McpServerConfig[],
  options: { timeoutMs?: number; times?: object } = {},
) {
  const servers = startMcpServers(configs, {
    logger: pino({ level: 'silent' }),
    times: { ...times, ...options.times },
  })
  const registry = createToolRegistry([], {
    timeoutMs: options.timeoutMs ?? 20_000,
    source: servers,
  })
  for (const { name } of configs) {
    await registry.untilPresent(`${name}__anything`, AbortSignal.timeout(60_000))
  }
  const names = () => registry.list().map(({ name }) => name)
  return {
    registry,
    names,
    call: (name: string, input: unknown = {}, signal?: AbortSignal) => {
      const progress: ToolProgress[] = []
      const outcome = registry.execute(name, input, {
        caller: { id: UserId.parse('0191d6a0-0000-7000-8000-000000000001'), admin: false },
        callId: 'call',
        signal: signal ?? new AbortController().signal,
        onProgress: (reached) => progress.push(reached),
      })
      return Object.assign(outcome, { progress })
    },
    /** Resolves when the condition holds; it is checked whenever tools change. */
    until: async (condition: () => boolean) => {
      while (!condition()) {
        await new Promise<void>((resolve) => {
          const leave = registry.onChange(() => {
            leave()
            resolve()
          })
        })
      }
    },
    [Symbol.asyncDispose]: () => servers[Symbol.asyncDispose](),
  }
}

async function temporaryFile(content = '') {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'file')
  await writeFile(path, content)
  return { path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

function outputOf(outcome: Awaited<ReturnType<ReturnType<typeof createToolRegistry>['execute']>>) {
  return McpOutput.parse(outcome.ok ? outcome.output : outcome)
}

test('the reference server’s tools are listed as they are: source, effect by their hints, schema', async () => {
  await using mcp = await serve([everythingServer()])
  expect(mcp.registry.list().find(({ name }) => name === 'everything__get-sum')).toMatchObject({
    source: 'mcp:everything',
    effect: 'read',
    approval: 'writes',
    inputSchema: { type: 'object', required: ['a', 'b'] },
  })
  expect(mcp.registry.needsApproval('everything__get-sum', {})).toBe(false)
  const toggle = mcp.registry.list().find(({ name }) => name.endsWith('toggle-simulated-logging'))
  expect(toggle).toMatchObject({ effect: 'once' })
  expect(mcp.registry.needsApproval(toggle?.name ?? '', {})).toBe(true)
  expect(mcp.names()).toContain('everything__simulate-research-query')
})

test('a tool of the reference server that can only be called as a task is called as one', async () => {
  // Shorter than the task.
  await using mcp = await serve([everythingServer()], { timeoutMs: 1_000 })
  const outcome = await mcp.call('everything__simulate-research-query', { topic: 'tides' })
  expect(JSON.stringify(outputOf(outcome).content)).toContain('tides')
}, 60_000)

test('the reference server answers over stdio, and is told nothing of this process’s environment', async () => {
  process.env.A_SECRET_OF_THIS_PROCESS = 'secret'
  await using mcp = await serve([everythingServer()])
  delete process.env.A_SECRET_OF_THIS_PROCESS
  const env = outputOf(await mcp.call('everything__get-env'))
  expect(JSON.stringify(env)).toContain('PATH')
  expect(JSON.stringify(env)).not.toContain('A_SECRET')
  const sum = outputOf(await mcp.call('everything__get-sum', { a: 2, b: 3 }))
  expect(sum.content).toEqual([{ type: 'text', text: 'The sum of 2 and 3 is 5.' }])
  const picture = outputOf(await mcp.call('everything__get-tiny-image'))
  expect(picture.content[1]).toMatchObject({ type: 'file' })
  expect(await mcp.call('everything__get-sum', { a: 'two' })).toMatchObject({
    ok: false,
    kind: 'failed',
    error: expect.stringContaining('get-sum'),
  })
})

test('the reference server’s resources are listed and read by tools of its own', async () => {
  await using mcp = await serve([everythingServer()])
  const listed = outputOf(await mcp.call('everything__list_resources'))
  const { resources, templates } = z
    .object({
      resources: z.array(z.object({ uri: z.string() })),
      templates: z.array(z.object({ uriTemplate: z.string() })),
    })
    .parse(listed.structuredContent)
  expect(templates.length).toBeGreaterThan(0)
  const read = outputOf(await mcp.call('everything__read_resource', { uri: resources[0]?.uri }))
  expect(read.content[0]).toMatchObject({ type: 'text', text: expect.stringMatching(/./) })
  expect(mcp.registry.needsApproval('everything__read_resource', {})).toBe(false)
  expect(await mcp.call('everything__read_resource', { uri: 'none://here' })).toMatchObject({
    ok: false,
    kind: 'failed',
  })
})

test('the reference server answers over HTTP: structured content, progress, and back after it was killed', async () => {
  const first = await everythingOverHttp()
  await using mcp = await serve([first.config])
  const weather = outputOf(
    await mcp.call('remote__get-structured-content', { location: 'Chicago' }),
  )
  expect(weather.structuredContent).toMatchObject({ humidity: 82 })
  const long = mcp.call('remote__trigger-long-running-operation', { duration: 0.2, steps: 4 })
  expect(await long).toMatchObject({ ok: true })
  expect(long.progress.at(-1)).toEqual({ done: 4, total: 4 })

  const cut = mcp.call('remote__trigger-long-running-operation', { duration: 30, steps: 300 })
  await expect.poll(() => cut.progress.length, PATIENT).toBeGreaterThan(0)
  await first.end()
  expect(await cut).toMatchObject({
    ok: false,
    kind: 'lost',
    error: expect.stringContaining('"remote"'),
  })
  await mcp.until(() => mcp.names().length === 0)
  expect(await mcp.call('remote__get-sum', { a: 1, b: 1 })).toMatchObject({ kind: 'unknown-tool' })
  await using second = await everythingOverHttp(first.port)
  await mcp.until(() => mcp.names().length > 0)
  expect(second.port).toBe(first.port)
  expect(await mcp.call('remote__get-sum', { a: 1, b: 1 })).toMatchObject({ ok: true })
})

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
