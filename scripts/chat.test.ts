import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { startTestServer } from '../server/testing/test-server.ts'
import { defineTool } from '../server/tools/define.ts'
import { temporaryFolder } from './testing/server-process.ts'

const program = fileURLToPath(new URL('chat.ts', import.meta.url))

/** Starts the chat as a separate program, connected by pipes. */
function startChat(url: string, ...args: string[]) {
  const child = spawn(process.execPath, [program, '--url', url, ...args], {
    env: { PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  return {
    type: (line: string) => child.stdin.write(`${line}\n`),
    endInput: () => child.stdin.end(),
    interrupt: () => child.kill('SIGINT'),
    exited: exit.then(([status]: unknown[]) => status),
    output: () => output,
    /** Resolves when the program has written this text since the last call, with the output up to it. */
    until: async (text: string): Promise<string> => {
      await vi.waitUntil(() => output.includes(text), { timeout: 20_000, interval: 10 })
      const before = output.slice(0, output.indexOf(text))
      output = output.slice(before.length + text.length)
      return before
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await exit
    },
  }
}

test('what is piped in is answered to the end, with the calls on lines of their own', async () => {
  await using server = await startTestServer({
    answers: [
      {
        text: 'I look.',
        tools: [{ name: 'get_system_metrics', input: { metric_type: 'uptime' } }],
      },
      'Up \u001b[2Jand well.',
    ],
  })
  await using chat = startChat(server.url)
  chat.type('How are you?')
  chat.endInput()
  expect(await chat.exited).toBe(0)
  const call = 'get_system_metrics {"metric_type":"uptime"}'
  const lines = chat.output().split('\n').slice(2)
  expect(lines.slice(0, 2)).toEqual(['I look.', `⚙ ${call} …`])
  expect(lines[2]).toMatch(/^✓ get_system_metrics .* done, 0\.\d s$/)
  // Control characters from the model must not reach the terminal.
  expect(lines.slice(3)).toEqual(['Up and well.', ''])
})

test('a /quit that is piped in comes after what was piped in before it', async () => {
  await using server = await startTestServer({ answers: ['Well.'] })
  await using chat = startChat(server.url)
  chat.type('How are you?')
  chat.type('/nope')
  chat.type('/quit')
  expect(await chat.exited).toBe(0)
  expect(chat.output()).toContain('There is no /nope')
  expect(chat.output()).toContain('Well.')
})

test('an answer goes on in the same chat when the server was started again', async () => {
  await using folder = await temporaryFolder()
  const env = { DATA_DIR: folder.path }
  const first = await startTestServer({ env })
  await using chat = startChat(first.url)
  await chat.until('connected to')
  chat.type('Tell me a story')
  const asked = await first.model.nextCall()
  asked.say('Once upon ')
  await chat.until('Once upon ')
  await first.close()
  await chat.until('trying again')

  const { port } = new URL(first.url)
  await using second = await startTestServer({ env: { ...env, SERVER_PORT: port } })
  const askedAgain = await second.model.nextCall()
  askedAgain.say('Once upon ', 'a time.')
  askedAgain.finish()
  await chat.until('connected again')
  // Text that is already shown is not repeated.
  expect(await chat.until('a time.\n')).not.toContain('Once upon')
  chat.type('More')
  ;(await second.model.nextCall()).say('The end')
  await chat.until('The end')
})

test('a tool that asks is approved and denied, and conversations are listed and opened', async () => {
  const paid: number[] = []
  const pay = defineTool({
    name: 'pay',
    description: 'Pays an amount.',
    input: z.object({ amount: z.number() }),
    output: z.object({ paid: z.number() }),
    effect: 'once',
    approval: 'always',
    execute: async ({ amount }) => {
      paid.push(amount)
      return { paid: amount }
    },
  })
  const tools = [5, 7].map((amount) => ({ name: 'pay', input: { amount } }))
  await using server = await startTestServer({ tools: [pay], answers: [{ tools }, 'Settled.'] })
  await using chat = startChat(server.url)
  chat.type('/approve')
  await chat.until('Nothing waits for you.')
  chat.type('Pay the bills')
  await chat.until('? pay {"amount":5} waits for you: /approve')
  await chat.until('? pay {"amount":7} waits for you')
  chat.type('/approve')
  await chat.until('1 more: pay')
  chat.type('/deny too much')
  await chat.until('Reason: too much')
  await chat.until('Settled.\n')
  expect(paid).toEqual([5])
  expect(server.model.steps[1]?.messages.slice(-2)).toMatchObject([
    { output: '{"paid":5}', failed: false },
    { failed: true },
  ])

  chat.type('/new')
  await chat.until('A new conversation')
  chat.type('/list')
  await chat.until('  1  Pay the bills')
  chat.type('/open 1')
  await chat.until('> Pay the bills\n✓ pay {"amount":5} done')
  await chat.until('Settled.\n')
  chat.type('/open 9')
  await chat.until('Which one?')
  chat.type('/quit')
  expect(await chat.exited).toBe(0)
})

test('Ctrl-C ends the answer and keeps its text; the second one leaves', async () => {
  await using server = await startTestServer()
  await using chat = startChat(server.url)
  chat.type('Count to a million')
  const asked = await server.model.nextCall()
  asked.say('One, two, ')
  await chat.until('One, two, ')
  chat.interrupt()
  await chat.until('— stopped\n')
  expect(asked.signal.aborted).toBe(true)
  chat.type('/dance')
  await chat.until('There is no /dance')
  chat.interrupt()
  await chat.until('Ctrl-C once more leaves.')
  chat.interrupt()
  expect(await chat.exited).toBe(0)
})

test('a conversation that is not there is said to be so, and so is an answer that failed', async () => {
  await using server = await startTestServer({ answers: [{ text: 'Well', error: 'provider_cut' }] })
  await using chat = startChat(server.url, '--open', '00000000-0000-4000-8000-000000000001')
  await chat.until('! There is no such session.')
  chat.type('/new')
  chat.type('Go on')
  await chat.until('Well\n— failed: The scripted model ended with provider_cut.')
})
