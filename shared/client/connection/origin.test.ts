import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, test, vi } from 'vitest'
import { connect } from '../index.ts'
import { until } from '../testing/reader.ts'
import { askWhyRefused } from './origin.ts'
import { listenOnLoopback } from '../../../scripts/testing/loopback.ts'

async function startServer(status: number) {
  const asked: (string | undefined)[] = []
  const server = createServer((request, response) => {
    asked.push(request.url)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ code: 'FORBIDDEN', message: 'Add it to ALLOWED_ORIGINS.' }))
  })
  const { port } = await listenOnLoopback(server)
  return {
    asked,
    port,
    [Symbol.asyncDispose]: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}

test('a page whose WebSocket is refused learns what its operator has to set, and its console once', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  await using server = await startServer(403)
  const url = `ws://127.0.0.1:${server.port}/trpc`
  for (let round = 0; round < 2; round += 1) {
    expect(await askWhyRefused(url, 'https://page.example')).toBe('Add it to ALLOWED_ORIGINS.')
  }
  expect(warn).toHaveBeenCalledOnce()
  expect(server.asked).toEqual(['/health', '/health'])
  warn.mockRestore()
})

test('nobody is asked by a page of the server itself, by what is no page, or believed that is away', async () => {
  await using server = await startServer(403)
  const url = `ws://127.0.0.1:${server.port}/trpc`
  expect(await askWhyRefused(url, `http://127.0.0.1:${server.port}`)).toBeNull()
  expect(await askWhyRefused(url)).toBeNull()
  expect(server.asked).toEqual([])
  expect(await askWhyRefused('ws://127.0.0.1:1/trpc', 'https://page.example')).toBeNull()
  await using fine = await startServer(200)
  expect(await askWhyRefused(`ws://127.0.0.1:${fine.port}/trpc`, 'https://page.example')).toBeNull()
})

test('the state of the connection says what the operator has to set', async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  vi.stubGlobal('location', { origin: 'https://page.example' })
  await using server = await startServer(403)
  await using client = connect({ url: `http://127.0.0.1:${server.port}` })
  const state = await until(
    client.connection,
    (one) => one.status === 'reconnecting' && one.cause.reason === 'origin',
  )
  expect(state).toMatchObject({ cause: { code: null, message: 'Add it to ALLOWED_ORIGINS.' } })
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})
