import process from 'node:process'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { connect } from '../shared/client/index.ts'
import type { ConnectionState } from '../shared/client/index.ts'
import { Chat } from './chat/chat.ts'
import { HELP, parseCommand } from './chat/command.ts'
import { Screen } from './chat/screen.ts'

// A chat in the terminal that uses only the published SDK.

const USAGE = `npm run chat [-- --url http://127.0.0.1:8001] [--token TOKEN] [--open SESSION_ID]
  The token may also be in THROUGHLINE_TOKEN, where it does not show among the processes.
  In the chat:
${HELP}`

const { values } = argumentsOrExit()
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}
const { url, token = process.env.THROUGHLINE_TOKEN } = values
const readline = createInterface({
  input: process.stdin,
  output: process.stdout,
  terminal: process.stdin.isTTY && process.stdout.isTTY,
  prompt: '> ',
})
const screen = new Screen(readline, process.stdout)
const client = connectOrExit()
const chat = new Chat(client, screen, report)

/** Lines are processed one after the other, so that piped input keeps its order. */
let work: Promise<unknown> = Promise.resolve()
let isLeaving = false
/** Ctrl-C was pressed, and nothing was typed since. */
let warned = false
let before: ConnectionState['status'] = 'connecting'

client.connection.subscribe(() => {
  const state = client.connection.getSnapshot()
  if (isLeaving || state.status === before) return
  const again = before === 'connecting' ? `to ${url}` : 'again'
  before = state.status
  if (state.status === 'connected') screen.line(`· connected ${again}`)
  if (state.status === 'reconnecting') screen.line(`· ${state.cause.message}; trying again`)
  prompt()
})
readline.on('line', (line) => {
  warned = false
  screen.entered()
  const command = parseCommand(line)
  if (command.type === 'quit') void (process.stdin.isTTY ? leave() : leaveAnswered())
  else work = work.then(() => chat.do(command).catch(report)).then(prompt)
})
readline.on('close', () => void leaveAnswered())
readline.on('SIGINT', onInterrupt)
process.on('SIGINT', onInterrupt)

screen.line('Throughline. /help says what can be done here.')
if (values.open) chat.open(values.open)
prompt()

/** The first Ctrl-C stops the answer; the second, with nothing typed in between, ends the program. */
function onInterrupt(): void {
  if (warned) {
    void leave()
  } else if (chat.isRunning) {
    chat.stop().catch(report)
  } else {
    screen.line('Ctrl-C once more leaves.')
    prompt()
  }
  warned = true
}

function prompt(): void {
  if (!isLeaving && !chat.isAnswering) screen.prompt()
}

function report(error: unknown): void {
  if (!isLeaving) screen.line(`! ${error instanceof Error ? error.message : String(error)}`)
}

/** Piped input is processed before the program ends, and its last answer is still shown. */
function leaveAnswered(): Promise<unknown> {
  work = work.then(() => chat.untilAnswered()).then(leave)
  return work
}

async function leave(): Promise<void> {
  if (isLeaving) return
  isLeaving = true
  chat.close()
  readline.close()
  await client.close()
  screen.endLine()
  process.exit(0)
}

function connectOrExit() {
  try {
    return connect({ url, ...(token && { token }) })
  } catch (error) {
    return fail(`--url ${url}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function argumentsOrExit() {
  try {
    return parseArgs({
      options: {
        url: { type: 'string', default: 'http://127.0.0.1:8001' },
        token: { type: 'string' },
        open: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch {
    return fail(USAGE)
  }
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
