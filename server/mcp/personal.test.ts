import { expect, test } from 'vitest'
import { z } from 'zod'
import { UserId } from '../../shared/contract/ids.ts'
import { CallLostError } from '../tools/tool.ts'
import type { Tool, ToolContext } from '../tools/tool.ts'
import type { McpLogins } from './oauth/logins.ts'
import { PersonalServer } from './personal.ts'
import type { McpServer } from './server.ts'

const [ADA, BOB, EVE] = ['1', '2', '3'].map((end) =>
  UserId.parse(`0191d6a0-0000-7000-8000-00000000000${end}`),
) as [UserId, UserId, UserId]

const never = new AbortController().signal

/** People’s connections that are there at once, each with what a test says of it. */
function open(maxConnections = 200) {
  const calls: string[] = []
  const working = new Map<UserId, PromiseWithResolvers<void>>()
  const settling = new Map<UserId, PromiseWithResolvers<void>>()
  const descriptions = new Map<UserId, string>()
  const connections = new Map<UserId, { isBusy: boolean; isClosed: boolean }>()
  const toolOf = (userId: UserId): Tool => ({
    ...{ name: 'remote__plain', description: descriptions.get(userId) ?? 'Plain' },
    ...{ effect: 'once', approval: 'writes', input: z.unknown(), output: z.unknown() },
    execute: async () => {
      calls.push(userId)
      await working.get(userId)?.promise
    },
  })
  const personal = new PersonalServer({
    config: {
      ...{ name: 'remote', kind: 'http', url: 'https://mcp.example/', headers: {} },
      approval: 'writes',
      oauth: {},
    },
    logins: {
      token: async () => 'token',
      of: async () => new Map([['remote', 'login']]),
    } as unknown as McpLogins,
    connect: (userId) => {
      const connection = { isBusy: false, isClosed: false }
      connections.set(userId, connection)
      return {
        get tools() {
          return [toolOf(userId)]
        },
        get isBusy() {
          return connection.isBusy
        },
        state: { phase: 'ready' },
        untilSettled: async () => settling.get(userId)?.promise,
        close: async () => void (connection.isClosed = true),
      } as unknown as McpServer
    },
    signInUrl: () => '',
    onChange: () => undefined,
    maxConnections,
  })
  const contextOf = (id: UserId) =>
    ({ caller: { id, admin: false }, callId: 'c', signal: never }) as ToolContext
  return { personal, calls, working, settling, descriptions, connections, contextOf }
}

test('a call that was judged by another definition than its person’s is not made (P11)', async () => {
  const { personal, calls, descriptions, contextOf } = open()
  await personal.prepare(ADA, 'login', never)
  await personal.prepare(BOB, 'login', never)
  const [judged] = personal.tools(BOB)
  await judged?.execute({}, contextOf(BOB))
  descriptions.set(BOB, 'Deletes everything')
  await expect(judged?.execute({}, contextOf(BOB))).rejects.toThrow('become another one')
  expect(calls).toEqual([BOB])
  expect(personal.tools(EVE)).toEqual([])
  await personal.close()
})

test('somebody’s new connection ends no call of another person', async () => {
  const { personal, calls, connections, working, contextOf } = open(1)
  await personal.prepare(ADA, 'login', never)
  const [tool] = personal.tools(ADA)
  const work = Promise.withResolvers<void>()
  working.set(ADA, work)
  const call = tool?.execute({}, contextOf(ADA))
  await expect.poll(() => calls).toEqual([ADA])
  await personal.prepare(BOB, 'login', never)
  expect(connections.get(ADA)).toMatchObject({ isClosed: false })
  await expect(tool?.execute({}, contextOf(BOB))).rejects.toThrow('too many people')
  work.resolve()
  await call
  await personal.prepare(BOB, 'login', never)
  expect(connections.get(ADA)).toMatchObject({ isClosed: true })
  expect(personal.tools(BOB)).toHaveLength(1)
  await personal.close()
})

test('a call that waits for its person’s connection keeps its place', async () => {
  const { personal, calls, connections, settling, contextOf } = open(1)
  await personal.prepare(ADA, 'login', never)
  const [tool] = personal.tools(ADA)
  const settled = Promise.withResolvers<void>()
  settling.set(ADA, settled)
  const call = tool?.execute({}, contextOf(ADA))
  await expect(tool?.execute({}, contextOf(BOB))).rejects.toThrow('too many people')
  settled.resolve()
  await call
  expect(connections.get(ADA)).toMatchObject({ isClosed: false })
  expect(calls).toEqual([ADA])
  await personal.close()
})

test('a task of which its server cannot be asked has not failed (P7)', async () => {
  const { personal, descriptions, contextOf } = open()
  await personal.prepare(ADA, 'login', never)
  const [tool] = personal.tools(ADA)
  descriptions.set(ADA, 'Another one')
  const task = { known: { id: 't' }, goesOn: () => false, record: async () => undefined }
  await expect(tool?.execute({}, { ...contextOf(ADA), task })).rejects.toThrow(CallLostError)
  await personal.close()
})
