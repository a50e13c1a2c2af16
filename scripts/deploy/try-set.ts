// Tries what compose.yaml starts: two nodes behind a proxy with TLS, a first account, a conversation, and a node that is
// killed in the middle of an answer. As containers where an engine runs, otherwise the same as processes; everything that
// it started is ended. `sh deploy/try.sh` installs what is needed first.
//   node scripts/deploy/try-set.ts [--processes | --containers] [--stay] [NAME=value …]
// `--containers` brings an engine of its own where none runs, as root on Debian (scripts/deploy/own-engine.ts). `--stay`
// leaves it running until Ctrl-C, to look at it in a browser; NAME=value are settings of the nodes, as processes only.
import process from 'node:process'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { z } from 'zod'
import { connect } from '../../shared/client/index.ts'
import type { AppSessionState, Client } from '../../shared/client/index.ts'
import { fold } from '../../shared/session/fold.ts'
import { serverBundle } from '../build/server.ts'
import { webApp } from '../build/web-app.ts'
import { findEngine, startContainers } from './containers.ts'
import { IN_NAMESPACES, runInNamespaces, startEngine } from './own-engine.ts'
import { startProcesses } from './processes.ts'
import { waitFor } from './set.ts'
import type { RunningSet, Tell } from './set.ts'

const PERSON = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' }
const QUESTION = 'Write 250 words about bridges'
/** The node is killed when so many characters of the answer have arrived. */
const MIDDLE = 200

const Login = z.object({ token: z.string() })
const Readiness = z.object({ status: z.string() })
const Nodes = z.object({ items: z.array(z.object({ id: z.string(), isSelf: z.boolean() })) })

/**
 * Tries the whole set once.
 *
 * @param withOrderlyEnd true to start the killed node again, and to end a node in order in the middle of another answer
 * @returns what was seen
 * @throws when anything is not as promised
 */
export async function trySet(set: RunningSet, tell: Tell, withOrderlyEnd: boolean) {
  // This trusts the proxy's own authority in this process only; browsers will report an unknown one.
  setDefaultCACertificates([...getCACertificates('default'), set.authority])
  await waitFor('readiness behind the proxy', async () =>
    (await fetch(`${set.url}/readyz`)).ok ? true : null,
  )
  tell(`Ready: ${set.url}/readyz answers over TLS`)
  const page = await (await fetch(`${set.url}/`)).text()
  if (!page.includes('<title>')) throw new Error('there is no web app behind the proxy')

  const link = await waitFor('the link to the first account', async () => {
    const outputs = await Promise.all(set.nodes.map((node) => set.output(node)))
    return /Set up the first account: (\S+)/.exec(outputs.join('\n'))?.[1] ?? null
  })
  if (!link.startsWith(set.url)) throw new Error(`the link leads elsewhere: ${link}`)
  await post(`${set.url}/api/auth/setup`, {
    ...PERSON,
    token: new URL(link).searchParams.get('token'),
  })
  tell('Made the first account by the link that a node printed')
  const { email, password } = PERSON
  const { token } = Login.parse(
    await post(`${set.url}/api/auth/sign-in/email`, { email, password }),
  )
  tell(`Signed in as ${email}`)
  await set.inspect?.(tell)

  await using client = connect({ url: set.url, token })
  const { id } = await client.api.sessions.create.mutate({})
  const hello = await converse(client, id, 'Hello')
  if (hello.text === '') throw new Error('there was no answer')
  tell(`Asked "Hello", and was answered: "${hello.text.slice(0, 60)}…"`)

  const killed = await loseNode(set, { client, id, token }, async (node, characters) => {
    await set.kill(node)
    tell(`Killed ${node}, which was writing the answer, after ${characters} characters`)
  })
  const { text, attempts } = killed
  tell(
    `The other node ended it: ${text.length} characters, attempt ${attempts}, nothing twice, nothing missing`,
  )
  const after = await converse(client, id, 'Are you still there?')
  if (after.text === '') throw new Error('the other node does not answer')
  tell('Asked once more, and was answered by the node that is left')
  if (withOrderlyEnd) {
    await set.start(killed.node)
    await waitFor('readiness of the node that was started again', async () => {
      const { status } = Readiness.parse(await set.ask(killed.node, '/readyz', token))
      return status === 'ok' ? true : null
    })
    tell(`Started ${killed.node} again`)
    const ended = await loseNode(set, { client, id, token }, async (node, characters) => {
      const began = performance.now()
      const status = await set.end(node)
      if (status !== 0) throw new Error(`${node} ended with ${status} at SIGTERM`)
      const seconds = ((performance.now() - began) / 1_000).toFixed(1)
      tell(`Ended ${node} in order in ${seconds} s, after ${characters} characters of its answer`)
    })
    tell(`The other node ended that too: ${ended.text.length} characters, nothing twice or missing`)
  }
  return { killed: killed.node, characters: text.length, attempts }
}

/**
 * Asks for a long answer, and takes its node away in the middle of it.
 *
 * @param lose takes the node away; it gets the number of characters that were read until then
 * @returns the whole answer, the node and the number of attempts
 * @throws when the answer does not end whole on another node
 */
async function loseNode(
  set: RunningSet,
  { client, id, token }: { client: Client; id: string; token: string },
  lose: (node: string, characters: number) => Promise<void>,
) {
  const nodeOf = new Map<string, string>()
  for (const node of set.nodes) {
    const { items } = Nodes.parse(await set.ask(node, '/api/admin/nodes', token))
    for (const one of items) if (one.isSelf) nodeOf.set(one.id, node)
  }
  let lost: string | null = null
  const answer = await converse(client, id, QUESTION, async (text) => {
    if (lost !== null || text.length < MIDDLE) return
    const { items } = await client.api.admin.runs.list.query({})
    const run = items.find(({ sessionId }) => sessionId === id)
    const node = nodeOf.get(run?.node ?? '')
    if (node === undefined) throw new Error('no node says that it writes this answer')
    lost = node
    await lose(node, text.length)
  })
  const { messages } = await client.api.messages.list.query({ sessionId: id })
  const stored = messages.at(-1)
  const text = stored?.parts.map((part) => ('text' in part ? part.text : '')).join('') ?? ''
  if (lost === null) throw new Error('the answer ended before its node could be taken away')
  if (stored?.status !== 'completed') throw new Error(`the answer is ${stored?.status}`)
  if (text !== answer.text) throw new Error('what was shown is not what is stored')
  if (answer.attempts < 2) throw new Error('no other node took the answer over')
  return { node: lost as string, text, attempts: answer.attempts }
}

/**
 * Sends a message and reads until its answer has ended.
 *
 * @param during gets the text so far; nothing is read until it is done
 * @throws when the order of events is wrong, or a text that was shown changes
 */
async function converse(
  client: Client,
  id: string,
  question: string,
  during: (text: string) => Promise<void> = async () => undefined,
) {
  const session = client.session(id)
  const { runId } = await session.send(question)
  let state: AppSessionState | null = null
  let shown = ''
  let attempts = 0
  let last = 0
  for await (const logged of session.events()) {
    if (logged.seq < last) throw new Error(`event ${logged.seq} came after ${last}`)
    last = logged.seq
    state = fold(state, logged)
    if (logged.event.type === 'start' && logged.event.runId === runId) {
      attempts = logged.event.attempt
    }
    const answer = state.messages.findLast(({ role }) => role === 'assistant')
    if (answer?.runId !== runId) continue
    const text = answer.parts.map((part) => ('text' in part ? part.text : '')).join('')
    if (text.length > shown.length) {
      if (!text.startsWith(shown)) throw new Error('text that was shown has changed')
      shown = text
    }
    if (answer.status !== 'running') break
    await during(shown)
  }
  return { text: shown, attempts }
}

async function post(url: string, body: object): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return response.json()
}

/** @param more settings of the nodes besides those of compose.yaml; only for processes */
export async function startSet(
  { asProcesses, more }: { asProcesses: boolean; more: Record<string, string> },
  tell: Tell,
): Promise<RunningSet> {
  const engine = asProcesses ? null : findEngine()
  if (engine) return startContainers(engine, { build: true }, tell)
  if (!asProcesses) tell('No engine for containers runs here: the same commands, as processes')
  await webApp.build()
  await serverBundle.build()
  return startProcesses(more, tell)
}

async function run(given: readonly string[]): Promise<void> {
  const began = performance.now()
  const tell: Tell = (text) =>
    console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}`)
  const more = Object.fromEntries(
    given.filter((one) => /^[A-Z]/.test(one)).map((one) => one.split(/=(.*)/s, 2)),
  )
  await using opened = new AsyncDisposableStack()
  const start = async (): Promise<RunningSet> => {
    if (!given.includes(IN_NAMESPACES)) {
      return startSet({ asProcesses: given.includes('--processes'), more }, tell)
    }
    const engine = opened.use(await startEngine(tell))
    return startContainers(engine, { build: false }, tell)
  }
  const set = opened.use(await start())
  await trySet(set, tell, true)
  if (given.includes('--stay')) {
    tell(`Look at ${set.url} as ${PERSON.email}, "${PERSON.password}". Ctrl-C ends it.`)
    await new Promise((resolve) => process.once('SIGINT', resolve))
  }
  tell('Ending what was started')
}

if (import.meta.main) {
  const given = process.argv.slice(2)
  if (given.includes('--containers') && findEngine() === null) {
    const refusal = runInNamespaces(given.filter((one) => one !== '--containers'))
    if (refusal !== null) {
      console.error(`The containers cannot be started here: ${refusal}.`)
      process.exitCode = 1
    }
  } else {
    await run(given)
  }
}
