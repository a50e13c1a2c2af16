// Tries what compose.yaml starts: two nodes behind a proxy with TLS, a first account, a conversation, and a node that is
// killed in the middle of an answer. As containers where an engine runs, otherwise the same as processes; everything that
// it started is ended. `sh deploy/try.sh` installs what is needed first.
//   node scripts/try-set.ts [--processes] [--stay] [NAME=value …]
// `--stay` leaves it running until Ctrl-C, to look at it in a browser; NAME=value are settings of the nodes.
import process from 'node:process'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { z } from 'zod'
import { connect } from '../shared/client/index.ts'
import type { AppSessionState, Client } from '../shared/client/index.ts'
import { fold } from '../shared/session/fold.ts'
import { buildWebApp } from './build-web.ts'
import { findEngine, startContainers } from './try-set/containers.ts'
import { startProcesses } from './try-set/processes.ts'
import { waitFor } from './try-set/set.ts'
import type { RunningSet, Tell } from './try-set/set.ts'

const PERSON = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' }
const QUESTION = 'Write 250 words about bridges'
/** Characters of the answer that have come when its node is killed. */
const MIDDLE = 200

const Login = z.object({ token: z.string() })
const Nodes = z.object({ items: z.array(z.object({ id: z.string(), isSelf: z.boolean() })) })

/**
 * Goes through it once.
 * @returns what was seen
 * @throws when anything is not as promised
 */
export async function trySet(set: RunningSet, tell: Tell) {
  // For this process alone; browsers will say that they do not know who signed.
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

  const nodeOf = new Map<string, string>()
  for (const node of set.nodes) {
    const { items } = Nodes.parse(await set.ask(node, '/api/admin/nodes', token))
    for (const { id, isSelf } of items) if (isSelf) nodeOf.set(id, node)
  }
  await using client = connect({ url: set.url, token })
  const { id } = await client.api.sessions.create.mutate({})
  const hello = await converse(client, id, 'Hello')
  if (hello.text === '') throw new Error('there was no answer')
  tell(`Asked "Hello", and was answered: "${hello.text.slice(0, 60)}…"`)

  let killed: string | null = null
  const answer = await converse(client, id, QUESTION, async (text) => {
    if (killed !== null || text.length < MIDDLE) return
    const { items } = await client.api.admin.runs.list.query({})
    const run = items.find(({ sessionId }) => sessionId === id)
    const node = nodeOf.get(run?.node ?? '')
    if (node === undefined) throw new Error('no node says that it writes this answer')
    killed = node
    await set.kill(node)
    tell(`Killed ${node}, which was writing the answer, after ${text.length} characters`)
  })
  const { messages } = await client.api.messages.list.query({ sessionId: id })
  const stored = messages.at(-1)
  const text = stored?.parts.map((part) => ('text' in part ? part.text : '')).join('') ?? ''
  if (killed === null) throw new Error('the answer ended before its node could be killed')
  if (stored?.status !== 'completed') throw new Error(`the answer is ${stored?.status}`)
  if (text !== answer.text) throw new Error('what was shown is not what is stored')
  if (answer.attempts < 2) throw new Error('no other node took the answer over')
  tell(
    `The other node ended it: ${text.length} characters, attempt ${answer.attempts}, nothing twice, nothing missing`,
  )
  const after = await converse(client, id, 'Are you still there?')
  if (after.text === '') throw new Error('the other node does not answer')
  tell('Asked once more, and was answered by the node that is left')
  return { killed, characters: text.length, attempts: answer.attempts }
}

/**
 * Sends a message and reads until its answer has ended.
 * @param during is given the text that has come; nothing is read while it works
 * @throws when the order of events or a text that was shown is broken
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
  if (engine) return startContainers(engine, tell)
  if (!asProcesses) tell('No engine for containers runs here: the same commands, as processes')
  await buildWebApp()
  return startProcesses(more, tell)
}

if (import.meta.main) {
  const given = process.argv.slice(2)
  const began = performance.now()
  const tell: Tell = (text) =>
    console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}`)
  const more = Object.fromEntries(
    given.filter((one) => /^[A-Z]/.test(one)).map((one) => one.split(/=(.*)/s, 2)),
  )
  await using set = await startSet({ asProcesses: given.includes('--processes'), more }, tell)
  await trySet(set, tell)
  if (given.includes('--stay')) {
    tell(`Look at ${set.url} as ${PERSON.email}, "${PERSON.password}". Ctrl-C ends it.`)
    await new Promise((resolve) => process.once('SIGINT', resolve))
  }
  tell('Ending what was started')
}
