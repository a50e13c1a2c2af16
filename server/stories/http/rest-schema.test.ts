import { Ajv2020 } from 'ajv/dist/2020.js'
import { beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { askingChild, mcpConfigFile } from '../../mcp/testing/servers.ts'
import { memoryStorage } from '../../testing/app.ts'
import { askFirst } from '../../testing/ask-first.ts'
import { makePerson } from '../../testing/clients/callers.ts'
import { startAccounts } from '../../testing/clients/people.ts'
import { defineTool } from '../../tools/define.ts'
import { CallLostError } from '../../tools/tool.ts'

// Compares the OpenAPI description with the actual answers of the routes.

const lost = defineTool({
  name: 'lost',
  description: 'Is lost on the way',
  input: z.object({}),
  output: z.object({}),
  effect: 'once',
  approval: 'never',
  execute: async () => {
    throw new CallLostError('The other side is gone.')
  },
})

const byInput = defineTool({
  name: 'by_input',
  description: 'Asks about some of its calls',
  input: z.object({ amount: z.number() }),
  output: z.object({}),
  effect: 'once',
  approval: ({ amount }) => amount > 1,
  execute: async () => ({}),
})

type Operation = { responses: Record<string, { content?: Record<string, { schema: object }> }> }
type Description = { paths: Record<string, Record<string, Operation>>; components: object }
type Answer = { status: number; body: unknown }

const isCall = ({ type }: { type: string }) => type === 'tool'

let description: Description
let answered: Map<string, Answer>

beforeAll(async () => {
  await using storage = await memoryStorage()
  const signedIn = { kind: 'http', name: 'remote', approval: 'never' } as const
  await using servers = await mcpConfigFile([
    askingChild(),
    { ...signedIn, url: 'http://127.0.0.1:9/mcp', headers: {}, oauth: {} },
  ])
  await using app = await startAccounts(storage, {
    ...{ tools: [askFirst, lost, byInput], env: { MCP_CONFIG: servers.path } },
  })
  const { url } = app
  const { token: bearer, email } = await app.setUp()
  description = await (await fetch(`${url}/openapi.json`)).json()
  answered = new Map()

  /** Calls a route by its name in the description: the method, and the path with parameters in braces. */
  async function call(route: string, given: Record<string, string> = {}, body?: unknown) {
    const [method = '', path = ''] = route.split(' ')
    const [address = '', query = ''] = path.split('?')
    const filled = address.replaceAll(/\{(\w+)\}/g, (_all, name: string) => given[name] ?? '')
    const response = await fetch(`${url}/api${filled}${query && `?${query}`}`, {
      method: method.toUpperCase(),
      headers: {
        authorization: `Bearer ${bearer}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true
    const answer = { status: response.status, body: isJson ? await response.json() : null }
    answered.set(`${method} ${address}`, answer)
    return answer.body
  }
  const idOf = (body: unknown, key = 'id'): string =>
    z.looseObject({ [key]: z.string() }).parse(body)[key] as string
  const listed = async (sessionId: string) =>
    (await app.caller.messages.list({ sessionId })).messages
  const patience = { timeout: 30_000 }
  const settled = (sessionId: string, status: string) =>
    vi.waitUntil(async () => (await listed(sessionId)).at(-1)?.status === status, patience)
  const callIdOf = async (sessionId: string): Promise<string> => {
    const part = (await listed(sessionId))
      .flatMap(({ parts }) => parts)
      .find(({ type }) => type === 'tool')
    return part?.type === 'tool' ? part.call.id : ''
  }

  const own = idOf(await call('get /me'))
  await call('get /models')
  await call('get /tools')
  const id = idOf(await call('post /session', {}, { title: 'Quays' }))
  const sessionId = id
  app.model.plan(
    { text: 'A moment. ', tools: [{ name: 'current_time', input: {} }] },
    'A quay is a place for ships.',
    'Answered anew.',
    'Edited.',
  )
  const sent = await call('post /session/{sessionId}/messages', { sessionId }, { text: 'A quay?' })
  await settled(id, 'completed')
  await call('get /session/{sessionId}/messages', { sessionId })
  const messages = await listed(sessionId)
  await call('post /message/{id}/regenerate', { id: messages.at(-1)?.id ?? '' }, {})
  await settled(id, 'completed')
  await call('post /message/{id}/edit', { id: idOf(sent, 'messageId') }, { text: 'Other words' })
  await settled(id, 'completed')
  await call('post /message/{id}/select', { id: messages.at(-1)?.id ?? '' })
  await call('post /message/{id}/rating', { id: messages.at(-1)?.id ?? '' }, { rating: 'up' })
  await call('post /message/{messageId}/fork', { messageId: messages.at(-1)?.id ?? '' }, {})
  await call('get /session/{id}', { id })
  await call('get /session/{id}/details', { id })
  await call('patch /session/{id}', { id }, { pinned: true, tags: ['North'] })
  await call('get /session/{id}/log', { id })
  await call('get /session')
  await call('get /session/tags')
  await call('get /session/search?query=quay')
  const said = { role: 'user', createdAt: '2026-01-01T00:00:00.000Z' }
  const more = [{ ...said, id: 'a', parentId: null, parts: [{ type: 'text', text: 'By the way' }] }]
  await call('post /session/{sessionId}/messages/append', { sessionId }, { messages: more })
  const file = await call('get /session/{id}/export?format=json', { id })
  await call('post /session/import', {}, { data: file })
  await call('get /usage/summary')
  await call('get /usage/daily')
  await call('get /usage/answers')
  const token = idOf(await call('post /share', {}, { sessionId }), 'token')
  await call('get /share')
  await call('get /share/{token}', { token })
  await call('delete /share/{token}', { token })

  const asked = idOf(await call('post /session', {}, {}))
  app.model.plan({ tools: [{ name: 'ask_first', input: {} }] })
  await call('post /session/{sessionId}/messages', { sessionId: asked }, { text: 'Ask first' })
  await settled(asked, 'waiting')
  const queued = await call(
    'post /session/{sessionId}/messages',
    { sessionId: asked },
    { text: 'x' },
  )
  await call('post /message/{id}/unqueue', { id: idOf(queued, 'messageId') })
  const callId = await callIdOf(asked)
  await call('post /tool-call/{callId}/decision', { callId }, { decision: 'deny' })
  await call('post /session/{sessionId}/stop', { sessionId: asked })
  await settled(asked, 'stopped')
  app.model.plan('Went on.')
  const stopped = (await listed(asked)).at(-1)?.id ?? ''
  await call('post /message/{id}/continue', { id: stopped })
  await settled(asked, 'completed')

  const inClient = idOf(await call('post /session', {}, {}))
  app.model.plan({ tools: [{ name: 'look_up', input: {} }] }, 'Found.')
  await call(
    'post /session/{sessionId}/messages',
    { sessionId: inClient },
    { text: 'Look', clientTools: [{ name: 'look_up' }] },
  )
  await settled(inClient, 'waiting')
  const ofClient = { callId: await callIdOf(inClient) }
  await call('post /tool-call/{callId}/answer', ofClient, { output: 'Water' })
  const again = { answers: [{ ...ofClient, output: 'Water' }] }
  await call('post /tool-calls/answers', {}, again)

  await call('get /mcp/servers')
  await call('post /mcp/servers/{server}/sign-out', { server: 'remote' })
  await vi.waitUntil(
    async () => (await app.caller.tools.list()).some(({ name }) => name === 'asking__look'),
    patience,
  )
  await call('get /mcp/prompts')
  const gaps = encodeURIComponent(JSON.stringify({ text: 'Tides' }))
  await call(`get /mcp/prompt?server=asking&name=review&arguments=${gaps}`)
  const asking = idOf(await call('post /session', {}, {}))
  app.model.plan({ tools: [{ name: 'asking__look', input: {} }] }, 'Looked.')
  await call('post /session/{sessionId}/messages', { sessionId: asking }, { text: 'Look' })
  const questionOf = async () => {
    const part = (await listed(asking)).flatMap(({ parts }) => parts).find(isCall)
    return part?.type === 'tool' ? part.call.questions?.[0]?.id : undefined
  }
  await vi.waitUntil(async () => (await questionOf()) !== undefined, patience)
  await call(
    'post /tool-call/{callId}/reply',
    { callId: await callIdOf(asking) },
    { questionId: await questionOf(), action: 'decline' },
  )
  await settled(asking, 'completed')

  const unsure = idOf(await call('post /session', {}, {}))
  app.model.plan({ tools: [{ name: 'lost', input: {} }] })
  await call('post /session/{sessionId}/messages', { sessionId: unsure }, { text: 'Be lost' })
  await vi.waitUntil(
    async () => JSON.stringify(await listed(unsure)).includes('"unknown"'),
    patience,
  )
  const lostCall = { callId: await callIdOf(unsure) }
  await call('post /tool-call/{callId}/resolution', lostCall, { outcome: 'did-not-happen' })
  await call('delete /session/{id}', { id: unsure })

  const uploaded = await fetch(`${url}/api/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}` },
    body: 'words',
  })
  const stored = idOf(await uploaded.json())
  await call('get /files')
  await call('get /files/{id}/info', { id: stored })
  await call('delete /files/{id}', { id: stored })

  const kept = { id: crypto.randomUUID() }
  await call('put /preset/{id}', kept, { name: 'Editor', suggestions: ['Mend this'] })
  await call('get /preset')
  await call('delete /preset/{id}', kept)
  await call('put /project/{id}', kept, { name: 'Harbour', instructions: 'Think of ships.' })
  await call('get /project')
  await call('delete /project/{id}', kept)
  await call('get /push/key')
  const endpoint = 'https://push.example.com/device'
  const keys = { p256dh: `B${'A'.repeat(86)}`, auth: 'A'.repeat(22) }
  await call('post /push/subscription', {}, { endpoint, keys })
  await call(`delete /push/subscription?endpoint=${encodeURIComponent(endpoint)}`)

  const member = await makePerson(app)
  await call('get /admin/users')
  await call('patch /admin/users/{id}', { id: member }, { limits: { runsAtOnce: 2 } })
  await call('delete /admin/users/{id}', { id: member })
  await call('post /admin/users/{id}/reset-link', { id: own })
  const invite = idOf(await call('post /admin/invites', {}, { email: 'bob@example.com' }))
  await call('get /admin/invites')
  await call('delete /admin/invites/{id}', { id: invite })
  await call('get /admin/runs')
  await call('post /admin/runs/{runId}/stop', { runId: idOf(sent, 'runId') })
  await call('get /admin/usage')
  await call('get /admin/nodes')
  await call('get /admin/limits')
  await call('get /admin/settings')
  await call('get /admin/audit')
  await call('get /admin/audit/export')

  const key = idOf(await call('post /key', {}, { name: 'a key' }))
  await call('get /sign-in-options')
  await call('get /key')
  await call('delete /key/{id}', { id: key })
  await app.signIn(email)
  const logins = z.array(z.object({ id: z.string(), current: z.boolean() }))
  const other = logins.parse(await call('get /login')).find(({ current }) => !current)
  await call('delete /login/{id}', { id: other?.id ?? '' })
  await call('get /account/export')
  // The only administrator may not delete the account.
  await makePerson(app, { role: 'admin' })
  await call('delete /account')
})

test('every route that is described was called, and every one that was called is described', () => {
  const described = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  )
  expect([...answered.keys()].sort()).toEqual(described.sort())
})

test('every route answers what its description says', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema({ $id: 'described', components: description.components })
  const wrong: unknown[] = []
  for (const [route, { status, body }] of answered) {
    const [method = '', path = ''] = route.split(' ')
    const schema =
      description.paths[path]?.[method]?.responses[status]?.content?.['application/json']?.schema
    // No response may have a schema that allows anything, except for a download.
    const says = schema && Object.keys(schema).length > 0
    if (status !== 200 || (!says && !path.endsWith('/export'))) {
      wrong.push({ route, status, body, schema })
      continue
    }
    const text = JSON.stringify(schema).replaceAll('"#/components', '"described#/components')
    const validate = ajv.compile(JSON.parse(text))
    if (!validate(body)) wrong.push({ route, errors: validate.errors, body })
  }
  expect(wrong).toEqual([])
})

test('a tool that decides by its input says so, as described', () => {
  expect(JSON.stringify(answered.get('get /tools')?.body)).toContain('"approval":"by-input"')
})
