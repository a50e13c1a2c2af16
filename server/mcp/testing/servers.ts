import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../../../scripts/testing/server-process.ts'
import type { McpServerConfig } from '../config.ts'

const hostile = fileURLToPath(new URL('hostile-server.ts', import.meta.url))
const everything = fileURLToPath(
  import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js'),
)

/** Our misbehaving server, as a child process. */
export function hostileServer(
  args: string[] = [],
  env: Record<string, string> = {},
  approval: McpServerConfig['approval'] = 'writes',
): McpServerConfig {
  return {
    name: 'hostile',
    approval,
    kind: 'stdio',
    command: process.execPath,
    args: [hostile, ...args],
    env,
    cwd: undefined,
  }
}

/** The protocol's own reference server, as a child process. */
export function everythingServer(): McpServerConfig {
  return {
    name: 'everything',
    approval: 'writes',
    kind: 'stdio',
    command: process.execPath,
    args: [everything, 'stdio'],
    env: {},
    cwd: undefined,
  }
}

/** The reference server over HTTP, in a process that can be ended and restarted at the same address. */
export async function everythingOverHttp(port?: number) {
  const chosen = port ?? (await freePort())
  const child = spawn(process.execPath, [everything, 'streamableHttp'], {
    env: { PORT: String(chosen), PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  let said = ''
  const listens = Promise.withResolvers<void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      said += piece
      if (said.includes(`port ${chosen}`)) listens.resolve()
    })
  }
  child.once('exit', () => listens.reject(new Error(`the server ended: ${said}`)))
  await listens.promise
  const end = async () => {
    child.kill('SIGKILL')
    await exited
  }
  const config: McpServerConfig = {
    name: 'remote',
    approval: 'writes',
    kind: 'http',
    url: `http://127.0.0.1:${chosen}/mcp`,
    headers: {},
  }
  return { config, port: chosen, end, [Symbol.asyncDispose]: end }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Writes a file for `MCP_CONFIG` in its own folder. */
export async function mcpConfigFile(configs: readonly McpServerConfig[]) {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'mcp.json')
  const mcpServers = Object.fromEntries(
    configs.map(({ name, kind: _, ...entry }) => [name, entry] as const),
  )
  await writeFile(path, JSON.stringify({ mcpServers }))
  return { path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

const asking = fileURLToPath(new URL('asking-child.ts', import.meta.url))

/** A server that asks people in the middle of its calls, as a child process. */
export function askingChild(env: Record<string, string> = {}): McpServerConfig {
  const common = { name: 'asking', approval: 'never', kind: 'stdio' } as const
  return { ...common, command: process.execPath, args: [asking], env, cwd: undefined }
}

/** True while a process with this id exists. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
