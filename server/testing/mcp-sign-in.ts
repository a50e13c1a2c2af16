import { Writable } from 'node:stream'
import { pino } from 'pino'
import { expect } from 'vitest'
import { askingOverHttp } from '../mcp/testing/asking-http.ts'
import { mcpConfigFile } from '../mcp/testing/servers.ts'
import type { Storage } from './app.ts'
import { askRaw } from './clients/ask-raw.ts'
import { startAccounts } from './clients/people.ts'
import type { Person } from './clients/people.ts'

export const mcpTimeouts = { retryMs: 50, longestRetryMs: 200, relistMs: 20 }
export const SECRET = 'the secret of all nodes, of more than 32 characters'

/**
 * A server with two people, and with an MCP server to which people sign in by OAuth.
 *
 * @param mischief of the MCP server and its authorization server
 */
export async function startMcpSignIn(
  openStorage: () => Promise<Storage>,
  mischief: Parameters<typeof askingOverHttp>[0] = {},
  approval: 'never' | 'writes' = 'never',
  env: Record<string, string> = {},
) {
  await using opened = new AsyncDisposableStack()
  const storage = opened.use(await openStorage())
  const remote = opened.use(await askingOverHttp({ ...mischief, oauth: true }))
  const file = opened.use(await mcpConfigFile([{ ...remote.config, approval }]))
  const logged: string[] = []
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      logged.push(chunk.toString())
      done()
    },
  })
  const app = await startAccounts(storage, {
    ...{ mcpTimeouts, logger: pino({ level: 'trace' }, sink) },
    env: { MCP_CONFIG: file.path, AUTH_SIGNUP: 'open', AUTH_SECRET: SECRET, ...env },
  })
  opened.defer(() => app[Symbol.asyncDispose]())
  const ada = await app.setUp()
  const bob = await app.signUp('bob@example.com')

  /** Begins to sign in; returns the address of the authorization server. */
  const begin = async ({ cookie }: Person): Promise<URL> => {
    const { status, headers } = await app.ask('/api/mcp/sign-in/remote', { cookie })
    expect(status).toBe(303)
    return new URL(headers.get('location') ?? '', app.url)
  }
  /** Comes back from it; returns the page's content. */
  const end = async ({ cookie }: Person, back: URL) => {
    // The headers are those of a browser that another site redirected.
    const answer = await askRaw(app.url, back.pathname + back.search, {
      headers: { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    })
    expect(answer.status).toBe(303)
    const headers = new Headers({ location: answer.location ?? '' })
    const shown = new URL(headers.get('location') ?? '', app.url)
    expect(shown.origin).toBe(new URL(app.url).origin)
    return Object.fromEntries(shown.searchParams)
  }
  const serverOf = async ({ token }: Person) => {
    const { body } = await app.ask('/api/mcp/servers', { token })
    return (body as { status: string }[])[0]
  }
  const toolsOf = async ({ token }: Person) => {
    const { body } = await app.ask('/api/tools', { token })
    return (body as { name: string }[]).map(({ name }) => name)
  }
  const signIn = async (person: Person, as: string) => {
    expect(await end(person, remote.approve(await begin(person), as))).toEqual({
      server: 'remote',
    })
  }
  const resources = opened.move()
  return {
    ...{ app, remote, ada, bob, begin, end, serverOf, toolsOf, signIn, logged },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
export type World = Awaited<ReturnType<typeof startMcpSignIn>>

/** A person sends a message, and the model calls a tool. */
export async function callTool({ app }: World, { token }: Person, name: string) {
  const { body } = await app.ask('/api/session', { token, body: {} })
  const { id } = body as { id: string }
  await app.ask(`/api/session/${id}/messages`, { token, body: { text: 'Go on' } })
  const asked = await app.model.nextCall()
  asked.callTools({ name, arguments: {} })
  const read = async () => {
    const { body: session } = await app.ask(`/api/session/${id}`, { token })
    return JSON.stringify(session)
  }
  return { id, read, tools: asked.step.tools, offered: asked.step.tools.map((tool) => tool.name) }
}
