import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../scripts/testing/server-process.ts'
import { UserId } from '../../../shared/contract/ids.ts'
import type { Asked, QuestionReply } from '../../../shared/contract/question.ts'
import { createToolRegistry } from '../../tools/registry.ts'
import type { McpServerConfig } from '../config.ts'
import { paramHeaders } from '../calls/param-headers.ts'
import { startMcpServers } from '../servers.ts'
import { modernOverHttp } from '../testing/modern-http.ts'
import { oddTools } from '../testing/odd-tools.ts'
import { hostileServer } from '../testing/servers.ts'

const PATIENT = { timeout: 30_000 }
const OWNER = UserId.parse('0191d6a0-0000-7000-8000-000000000001')

function modernChild(env: Record<string, string>): McpServerConfig {
  const path = fileURLToPath(new URL('../testing/modern-child.ts', import.meta.url))
  const common = { name: 'modern', approval: 'never', kind: 'stdio', cwd: undefined } as const
  return { ...common, command: process.execPath, args: [path], env }
}

const said = (text: string) => ({ ok: true, output: { content: [{ type: 'text', text }] } })

async function serve(config: McpServerConfig, times: object = {}) {
  const servers = startMcpServers([config], {
    logger: pino({ level: 'silent' }),
    times: { retryMs: 50, longestRetryMs: 200, relistMs: 20, pingMs: 2_000, ...times },
  })
  const registry = createToolRegistry([], { timeoutMs: 20_000, source: servers })
  const names = () => registry.list().map(({ name }) => name)
  await expect.poll(() => names().length, PATIENT).toBeGreaterThan(0)
  return {
    ...{ names, registry },
    call: (name: string, input: unknown, ask?: (asked: Asked) => Promise<QuestionReply>) =>
      registry.execute(name, input, {
        ...{ caller: { id: OWNER, admin: false }, callId: 'call', onProgress: () => undefined },
        signal: new AbortController().signal,
        ...(ask && { ask }),
      }),
    [Symbol.asyncDispose]: () => servers[Symbol.asyncDispose](),
  }
}

test('a process that speaks the newest revision alone is called, and asks by its results', async () => {
  await using folder = await temporaryFolder()
  const calls = join(folder.path, 'calls')
  await writeFile(calls, '')
  await using mcp = await serve(modernChild({ CALLS: calls }))
  expect(mcp.names()).toEqual(['modern__echo', 'modern__book', 'modern__sample'])
  expect(await mcp.call('modern__echo', { place: 'Ghent' })).toMatchObject(said('Ghent'))
  const asked: string[] = []
  const booked = await mcp.call('modern__book', {}, async ({ message }) => {
    asked.push(message)
    return { action: 'accept', content: { seat: message } }
  })
  expect(asked.toSorted()).toEqual(['The first seat?', 'The second?'])
  expect(booked).toMatchObject(said('[{"seat":"The first seat?"},{"seat":"The second?"}]'))
  expect(await readFile(calls, 'utf8')).toMatch(/^book \[.+\] as it was$/m)
})

test('a server over HTTP that speaks the newest revision alone is called, with the headers that it wants', async () => {
  await using remote = await modernOverHttp()
  await using mcp = await serve(remote.config)
  expect(await mcp.call('modern__echo', { place: 'Gent é' })).toMatchObject(said('Gent é'))
  expect(remote.notes).toEqual([`header =?base64?${btoa('Gent \xc3\xa9')}?=`, 'echo Gent é'])
  // A caller without a person cannot be asked: the server is answered so, and may continue.
  remote.notes.length = 0
  const alone = await mcp.call('modern__book', {})
  expect(JSON.stringify(alone)).not.toContain('seat')
  expect(remote.notes).not.toEqual([])
})

test('sampling is not offered: a server that wants it all the same fails its call', async () => {
  await using remote = await modernOverHttp()
  await using mcp = await serve(remote.config)
  const outcome = await mcp.call('modern__sample', {}, async () => ({ action: 'decline' }))
  expect(JSON.stringify(outcome)).toMatch(/sampling|not offered/i)
})

test('a change of the list is heard of on the stream of the newest revision', async () => {
  await using remote = await modernOverHttp()
  await using mcp = await serve(remote.config)
  let changes = 0
  mcp.registry.onChange(() => (changes += 1))
  await expect
    .poll(() => {
      remote.notify.toolsChanged()
      return changes
    }, PATIENT)
    .toBeGreaterThan(0)
})

test('a process of an earlier revision is called, also one that ends by the question, or says nothing to it', async () => {
  await using brittle = await serve(hostileServer(['brittle'], {}, 'never'))
  expect(await brittle.call('hostile__echo', { a: 1 })).toMatchObject(said('{"a":1}'))
  await using deaf = await serve(hostileServer(['deaf'], {}, 'never'), { probeMs: 100 })
  expect(await deaf.call('hostile__echo', { a: 1 })).toMatchObject(said('{"a":1}'))
})

test('one definition that is none, or one odd piece, costs nothing else by the newest revision (as by those before)', async () => {
  await using remote = await modernOverHttp({
    results: {
      'tools/list': (result) => {
        const own = [Reflect.get(result, 'tools')].flat().slice(0, 1)
        return { ...result, tools: [...oddTools, ...own], ttlMs: 'soon' }
      },
      'tools/call': (result) => ({
        ...result,
        content: [{ type: 'hologram' }, { type: 'text', text: 'all the same' }],
      }),
    },
  })
  await using modern = await serve(remote.config)
  await using before = await serve({ ...hostileServer(['odd-list'], {}, 'never'), name: 'modern' })
  const listed = modern.registry.list().filter(({ name }) => name !== 'modern__echo')
  expect(listed).toEqual(before.registry.list())
  expect(before.names()).toContain('modern__good')
  expect(await modern.call('modern__echo', { place: 'x' })).toMatchObject(said('all the same'))
})

test('what a header cannot carry as it is comes in base64, and what is none is left out', () => {
  const marked = (name: string, type = 'string') => ({ type, 'x-mcp-header': name })
  const schema = {
    type: 'object',
    properties: {
      plain: marked('Plain'),
      odd: marked('Odd'),
      like: marked('Like'),
      count: marked('Count', 'integer'),
      bad: marked('no header'),
      absent: marked('Absent'),
      inner: { type: 'object', properties: { deep: marked('Deep', 'boolean') } },
    },
  }
  const input = { plain: 'a b', odd: ' a', like: '=?base64?eA==?=', count: 3, bad: 'x' }
  expect(paramHeaders(schema, { ...input, inner: { deep: true } })).toEqual({
    'Mcp-Param-Plain': 'a b',
    'Mcp-Param-Odd': '=?base64?IGE=?=',
    'Mcp-Param-Like': '=?base64?PT9iYXNlNjQ/ZUE9PT89?=',
    'Mcp-Param-Count': '3',
    'Mcp-Param-Deep': 'true',
  })
})
