// Asks over the plain WebSocket and prints the answer as it comes, also across dropped connections:
// node plain-socket.ts [URL] [QUESTION]
import process from 'node:process'

type Frame =
  | { type: 'system'; session_id: string; content: string }
  | { type: 'ai_response_start'; message_id: string }
  | { type: 'ai_response_chunk'; content: string; seq: number }
  | { type: 'tool_call'; call_id: string; name: string; status: string; input: unknown }
  | { type: 'tool_result'; call_id: string; name: string; status: string; output: unknown }
  | { type: 'ai_response_end'; message_id: string; outcome: string }
  | { type: 'error'; code: string; message: string }

const [url = 'http://127.0.0.1:8001', question = 'Who am I?'] = process.argv.slice(2)
const session = crypto.randomUUID()
const message = crypto.randomUUID()
const shownCalls = new Set<string>()
let answer: string | null = null
// 0 is the beginning of the session; from then on, the seq of the last chunk.
let after = 0

for (;;) {
  const end = await follow()
  if (end.outcome === 'completed') break
  if (end.outcome !== null) throw new Error(`The answer ended as ${end.outcome}.`)
  // 1006: dropped or not reached. 1012: a restart. 1013: the database is away. Any other code is an answer.
  if (![1006, 1012, 1013].includes(end.code)) throw new Error(`closed with ${end.code}`)
  await new Promise((resolve) => setTimeout(resolve, 500))
}

/** Opens one connection; resolves when it is over, with the answer's outcome if that is known. */
function follow(): Promise<{ code: number; outcome: string | null }> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws/session/${session}?after=${after}`)
  let outcome: string | null = null
  socket.onopen = () => {
    if (answer !== null) return
    // Its id makes the message safe to send again when nobody knows whether it arrived.
    socket.send(JSON.stringify({ type: 'user_message', id: message, content: question }))
  }
  socket.onmessage = ({ data }) => {
    const frame: Frame = JSON.parse(String(data))
    show(frame)
    if (frame.type !== 'ai_response_end') return
    outcome = frame.outcome
    socket.close()
  }
  return new Promise((resolve) => {
    socket.onclose = ({ code }) => resolve({ code, outcome })
  })
}

function show(frame: Frame): void {
  switch (frame.type) {
    case 'ai_response_start':
      if (frame.message_id === answer) console.log('\n(The answer begins again.)')
      answer = frame.message_id
      return
    case 'ai_response_chunk':
      process.stdout.write(frame.content)
      after = frame.seq
      return
    case 'tool_result':
      if (!shownCalls.has(frame.call_id)) process.stdout.write(`[${frame.name}: ${frame.status}] `)
      shownCalls.add(frame.call_id)
      return
    case 'ai_response_end':
      console.log()
      return
    case 'error':
      console.error(`${frame.code}: ${frame.message}`)
      return
    case 'system':
    case 'tool_call':
  }
}
