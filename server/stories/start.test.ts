import { createServer } from 'node:http'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { platform } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startServer, temporaryFolder } from '../../scripts/testing/server-process.ts'
import { listenOnLoopback } from '../../scripts/testing/loopback.ts'

describe('a server that cannot start', () => {
  test('for wrong settings lists them all, by name and never by value, and exits with 78', async () => {
    const wrong = {
      SERVER_PORT: 'a-secret-port',
      OPENAI_API: 'a-secret-api',
      LLM_TEMPERATURE: '99',
      MCP_CONFIG: '/a-secret-folder/mcp.json',
    }
    const failure = await reason(wrong)
    for (const name of Object.keys(wrong)) {
      expect(failure).toContain(name)
    }
    expect(failure).toContain('ended with 78')
    expect(failure).not.toContain('a-secret')
  })

  test('for a wrong file of MCP servers lists its problems by place, never by value, and exits with 78', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'mcp.json')
    const entry = { command: 'a-secret', env: { TOKEN: ['a-secret'] } }
    await writeFile(file, JSON.stringify({ mcpServers: { files: entry } }))
    const failure = await reason({ DATA_DIR: 'memory:', MCP_CONFIG: file })
    expect(failure).toContain('MCP_CONFIG: mcpServers.files.env.TOKEN: must be text.')
    expect(failure).toContain('ended with 78')
    expect(failure).not.toContain('a-secret')
  })

  test('for a port that is taken says so in one line', async () => {
    const taken = createServer()
    const { port } = await listenOnLoopback(taken)
    const failure = await reason({ DATA_DIR: 'memory:', SERVER_PORT: String(port) })
    expect(failure).toMatch(new RegExp(`: Port ${port} is in use\\. .*SERVER_PORT.*\\n$`))
    taken.close()
  })

  test('for a folder in use says so in one line, and the first goes on', async () => {
    await using folder = await temporaryFolder()
    await using first = await startServer({ DATA_DIR: folder.path })
    expect(await reason({ DATA_DIR: folder.path })).toMatch(
      / is in use by another Throughline\. .*DATA_DIR.*\n$/,
    )
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200)
    await first.end('SIGKILL')
    await using second = await startServer({ DATA_DIR: folder.path })
    expect((await fetch(`${second.url}/readyz`)).status).toBe(200)
    const metrics = await (await fetch(`${second.url}/metrics`)).text()
    expect(metrics).toMatch(/^process_resident_memory_bytes [1-9]\d+$/m)
    expect(metrics).toMatch(/^nodejs_eventloop_lag_p99_seconds [\d.e-]+$/m)
  })

  test('for a folder that cannot be used says so in one line', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'file')
    await writeFile(file, '')
    const unusable = [join(file, 'data'), file]
    // There, mkdir reports an existing folder as missing, because nothing can be created in it.
    if (platform() === 'linux') unusable.push('/proc/data')
    for (const path of unusable) {
      expect(await reason({ DATA_DIR: path })).toMatch(
        /ended with 1 before it listened: .*cannot be used.*DATA_DIR.*\n$/,
      )
    }
  })

  test('for a database that does not answer says so in one line, without its password', async () => {
    const failure = await reason({
      DATABASE_URL: 'postgres://ada:a-secret@127.0.0.1:1/throughline',
    })
    expect(failure).toMatch(/The database cannot be reached: .*DATABASE_URL\.\n$/)
    expect(failure).not.toContain('a-secret')
  })
})

describe('a server that runs', () => {
  test('closes sockets with 1012 when it is told to end, keeps its sessions, and exits with 0', async () => {
    await using folder = await temporaryFolder()
    await using first = await startServer({ DATA_DIR: folder.path })
    const socket = new WebSocket(`${first.url.replace('http', 'ws')}/ws/session/${SESSION}`)
    await once(socket, 'message')
    const closed = once(socket, 'close')
    expect(await first.end('SIGTERM')).toBe(0)
    expect((await closed)[0]).toBe(1012)
    await using second = await startServer({ DATA_DIR: folder.path })
    expect(await (await fetch(`${second.url}/api/session/${SESSION}`)).json()).toMatchObject({
      id: SESSION,
      messages: [],
    })
  })

  test('writes nothing of what is said, nor a key, into its log', async () => {
    await using server = await startServer({
      DATA_DIR: 'memory:',
      LOG_LEVEL: 'trace',
      OPENAI_API_KEY: 'sk-a-secret-key',
      OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
    })
    const socket = new WebSocket(
      `${server.url.replace('http', 'ws')}/ws/session/${SESSION}?token=a-secret-token`,
    )
    await once(socket, 'open')
    socket.send('a secret question')
    for await (const [data] of messages(socket)) {
      if (String(data).includes('ai_response_end')) {
        break
      }
    }
    await fetch(`${server.url}/api/session/${SESSION}?token=a-secret-token`)
    await server.end('SIGTERM')
    expect(server.output()).toContain('closing')
    expect(server.output()).not.toMatch(/secret/)
  })
})

const SESSION = '00000000-0000-4000-8000-000000000001'

function messages(socket: WebSocket): AsyncIterable<unknown[]> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const queue: unknown[][] = []
  let wake = resolve
  let waiting = promise
  socket.on('message', (...message) => {
    queue.push(message)
    wake()
  })
  return {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        yield* queue.splice(0)
        await waiting
        const next = Promise.withResolvers<void>()
        wake = next.resolve
        waiting = next.promise
      }
    },
  }
}

/** The exit status and the output of a server that fails to start. */
async function reason(env: Record<string, string>): Promise<string> {
  try {
    await using server = await startServer(env)
    return `it listens on ${server.url}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
