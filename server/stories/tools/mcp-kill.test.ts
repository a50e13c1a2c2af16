import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startServer, temporaryFolder } from '../../../scripts/testing/server-process.ts'
import { Message } from '../../../shared/contract/message.ts'
import { hostileServer, isAlive, mcpConfigFile } from '../../mcp/testing/servers.ts'

/** A long timeout, because test machines are busy. */
const PATIENT = { timeout: 60_000 }

const SESSION = '0191d6a0-0000-7000-8000-0000000000aa'

describe('tools of MCP servers, when the whole process is killed', () => {
  test('end with it; what reads is done again after the start, what is gone has failed (P6, P7)', async () => {
    await using folder = await temporaryFolder()
    const calls = join(folder.path, 'calls')
    const pid = join(folder.path, 'pid')
    await writeFile(calls, '')
    const server = hostileServer(['stubborn'], { CALLS: calls, PID: pid }, 'never')
    await using file = await mcpConfigFile([server])
    const env = { DATA_DIR: join(folder.path, 'data'), RUN_LEASE_SECONDS: '1' }

    await using first = await startServer({ ...env, MCP_CONFIG: file.path })
    await untilListed(first.url, 'hostile__slow_read')
    const say = (url: string, text: string) =>
      post(`${url}/api/session/${SESSION}/messages`, { text })
    await post(`${first.url}/api/session`, { id: SESSION })
    await say(first.url, 'Use hostile__slow_read with {}')
    await expect.poll(() => readFile(calls, 'utf8'), PATIENT).toBe('slow_read\n')
    const firstPid = Number(await readFile(pid, 'utf8'))
    await first.end('SIGKILL')
    await expect.poll(() => isAlive(firstPid), PATIENT).toBe(false)

    await using second = await startServer({ ...env, MCP_CONFIG: file.path })
    await expect
      .poll(() => callsIn(second.url), PATIENT)
      .toEqual([expect.objectContaining({ name: 'hostile__slow_read', status: 'completed' })])
    expect(await readFile(calls, 'utf8')).toBe('slow_read\nslow_read\n')

    await expect.poll(() => isRunning(second.url), PATIENT).toBe(false)
    await say(second.url, 'Use hostile__slow_read with {}')
    await expect.poll(() => readFile(calls, 'utf8'), PATIENT).toBe('slow_read\n'.repeat(3))
    await second.end('SIGKILL')
    // The operator has removed the server from the file.
    await using third = await startServer(env)
    await expect
      .poll(() => callsIn(third.url), PATIENT)
      .toEqual([
        expect.objectContaining({ status: 'completed' }),
        expect.objectContaining({
          status: 'failed',
          error: expect.stringContaining('hostile__slow_read'),
        }),
      ])
  }, 240_000)

  test('are not done twice when they may write: nobody knows how such a call went (P7)', async () => {
    await using folder = await temporaryFolder()
    const calls = join(folder.path, 'calls')
    await writeFile(calls, '')
    await using file = await mcpConfigFile([hostileServer([], { CALLS: calls }, 'never')])
    const env = {
      DATA_DIR: join(folder.path, 'data'),
      RUN_LEASE_SECONDS: '1',
      MCP_CONFIG: file.path,
    }
    await using first = await startServer(env)
    await untilListed(first.url, 'hostile__slow_once')
    await post(`${first.url}/api/session`, { id: SESSION })
    await post(`${first.url}/api/session/${SESSION}/messages`, {
      text: 'Use hostile__slow_once with {}',
    })
    await expect.poll(() => readFile(calls, 'utf8'), PATIENT).toBe('slow_once\n')
    await first.end('SIGKILL')
    await using second = await startServer(env)
    await expect
      .poll(() => callsIn(second.url), PATIENT)
      .toEqual([expect.objectContaining({ status: 'unknown' })])
    await expect.poll(() => isRunning(second.url), PATIENT).toBe(false)
    expect(await readFile(calls, 'utf8')).toBe('slow_once\n')
  }, 180_000)
})

const Read = z.object({ running: z.boolean(), messages: z.array(Message) })

async function read(url: string): Promise<z.infer<typeof Read>> {
  return Read.parse(await (await fetch(`${url}/api/session/${SESSION}`)).json())
}

async function callsIn(url: string) {
  const { messages } = await read(url)
  return messages.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === 'tool' ? [part.call] : [])),
  )
}

async function isRunning(url: string): Promise<boolean> {
  return (await read(url)).running
}

async function untilListed(url: string, name: string): Promise<void> {
  const names = async () => JSON.stringify(await (await fetch(`${url}/api/tools`)).json())
  await expect.poll(names, PATIENT).toContain(`"${name}"`)
}

async function post(url: string, body: unknown): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.status, await answer.text()).toBe(200)
}
