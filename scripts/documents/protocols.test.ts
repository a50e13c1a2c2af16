import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTcpProxy } from '../../e2e/support/faults/tcp-proxy.ts'
import { startTestServer } from '../../server/testing/test-server.ts'
import type { TestServer } from '../../server/testing/test-server.ts'

const folder = fileURLToPath(new URL('../../examples/protocols', import.meta.url))
const files = readdirSync(folder).toSorted()
const QUESTION = 'Who am I?'
const ANSWER = 'You are the owner ✓ 𝒳.'

/** The program that runs a file, by the end of the file's name. */
const PROGRAMS: Record<string, string> = { py: 'python3', sh: 'bash', ts: process.execPath }

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

test('docs/protocols.md leads to every example', () => {
  const page = readFileSync(new URL('../../docs/protocols.md', import.meta.url), 'utf8')
  const linked = [...page.matchAll(/\]\(\.\.\/examples\/protocols\/([\w.-]+)\)/g)].map(
    ([, file]) => file,
  )
  expect(new Set(linked)).toEqual(new Set(files))
})

test.each(files)('%s asks and shows the answer, also with a call of a tool', async (file) => {
  noteMissing(file)
  const { model, url } = server
  const asked = model.asked
  model.plan({ text: 'I look. ', tools: [{ name: 'fetch_user_profile', input: {} }] }, ANSWER)
  await using example = runExample(file, url)
  const { output, status } = await example.ended
  expect(textOf(file, output)).toContain(ANSWER)
  expect(output).toContain('I look.')
  expect(status).toBe(0)
  expect(model.steps[asked]?.messages).toEqual([{ role: 'user', text: QUESTION }])
  expect(model.asked).toBe(asked + 2)
})

// These follow an answer; the examples of REST and of single calls make a new request each time.
const FOLLOWING = ['events.py', 'events.sh', 'events.ts', 'plain-socket.py', 'plain-socket.ts']

test.each([...FOLLOWING, 'trpc.ts'])(
  '%s goes on where it was when its connection is cut in the middle of an answer (P2, P17)',
  async (file) => {
    noteMissing(file)
    const asked = server.model.asked
    await using proxy = await startTcpProxy(Number(new URL(server.url).port))
    await using example = runExample(file, proxy.url)
    const call = await server.model.nextCall()
    call.say('You ')
    // Each prints a chunk's text, or its event.
    await expect.poll(() => example.output(), { timeout: 30_000 }).toMatch(/You |\d chunk/)
    await proxy.cut()
    call.say('are the ')
    await proxy.mend()
    await expect
      .poll(() => example.output(), { timeout: 30_000 })
      .toMatch(/are the |\d chunk[^]*\d chunk/)
    call.say('owner ✓ 𝒳.')
    call.finish()
    const { output, status } = await example.ended
    const text = textOf(file, output)
    expect(text.match(/You are the owner ✓ 𝒳\./g)).toHaveLength(1)
    expect(output).not.toContain('begins again')
    expect(status).toBe(0)
    // The message whose arrival was unknown was answered once.
    expect(server.model.asked).toBe(asked + 1)
  },
)

test.each(['events.py', 'plain-socket.py', 'plain-socket.ts'])(
  '%s has the whole answer when it ended, and its log was shortened, while the connection was away (P4)',
  async (file) => {
    noteMissing(file)
    await using proxy = await startTcpProxy(Number(new URL(server.url).port))
    await using example = runExample(file, proxy.url)
    const call = await server.model.nextCall()
    call.say('You ')
    await expect.poll(() => example.output(), { timeout: 30_000 }).toMatch(/You |\d chunk/)
    await proxy.cut()
    call.say('are the owner ✓ 𝒳.')
    call.finish()
    await expect.poll(chunksInLog, { timeout: 30_000 }).toEqual([ANSWER])
    await proxy.mend()
    const { output, status } = await example.ended
    const text = output.split('(The answer begins again.)').at(-1)
    expect(text).toContain('You are the owner ✓ 𝒳.')
    expect(output.includes('begins again')).toBe(file.startsWith('plain-socket'))
    expect(status).toBe(0)
  },
)

/** The texts of the chunks in the log of the newest session. */
async function chunksInLog(): Promise<string[]> {
  const { items } = await server.caller.sessions.list({})
  const { events } = await server.caller.sessions.log({ id: items[0]?.id ?? '' })
  return events.flatMap(({ event }) => (event.type === 'chunk' ? [event.text] : []))
}

test.each(['plain-socket.py', 'plain-socket.ts'])(
  '%s is told by a code that is no invitation when its session is deleted',
  async (file) => {
    noteMissing(file)
    await using example = runExample(file, server.url)
    const call = await server.model.nextCall()
    call.say('You ')
    await expect.poll(() => example.output(), { timeout: 30_000 }).toContain('You ')
    const { items } = await server.caller.sessions.list({})
    for (const { id } of items) await server.caller.sessions.delete({ id })
    const { output, status } = await example.ended
    expect(output).toContain('NOT_FOUND: There is no such session.')
    expect(output).toContain('closed with 4404')
    expect(status).toBe(1)
  },
)

/** The text of the chunks, one part after the other. */
/** The answer's text in the output of an example, which may print it in pieces. */
function textOf(file: string, output: string): string {
  if (file === 'events.sh') return textOfEvents(output)
  if (file !== 'plain-socket.sh') return output
  const chunks = output.matchAll(/"type":"ai_response_chunk","content":"([^"]*)"/g)
  return [...chunks].map(([, content]) => content).join('')
}

function textOfEvents(output: string): string {
  const parts: string[] = []
  const chunks = /"type":"chunk".*"part":(\d+).*"offset":(\d+),"text":"([^"]*)"/g
  for (const [, part, offset, text = ''] of output.matchAll(chunks)) {
    parts[Number(part)] = (parts[Number(part)] ?? '').slice(0, Number(offset)) + text
  }
  return parts.join('')
}

/** Fails the test with the name of the program that this machine lacks. */
function noteMissing(file: string): void {
  const needed = [programOf(file), ...(file.endsWith('.sh') ? ['curl'] : [])]
  for (const program of needed) {
    const isThere = spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0
    expect(isThere, `${program} is not installed: ${file} cannot be run`).toBe(true)
  }
}

function programOf(file: string): string {
  return PROGRAMS[file.split('.').at(-1) ?? ''] ?? ''
}

/** Starts an example; disposing ends it if it still runs. */
function runExample(file: string, url: string) {
  const child = spawn(programOf(file), [file, url, QUESTION], { cwd: folder })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (data: string) => {
      output += data
    })
  }
  const ended = new Promise<{ output: string; status: number | null }>((resolve) => {
    child.on('close', (status) => resolve({ output, status }))
  })
  return {
    ended,
    output: () => output,
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await ended
    },
  }
}
