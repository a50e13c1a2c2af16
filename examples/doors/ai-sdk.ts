// Asks and reads an answer with this transport, as `useChat` does: node ai-sdk.ts [URL]
import process from 'node:process'
import { readUIMessageStream } from 'ai'
import type { UIMessage } from 'ai'
import { ThroughlineChatTransport } from 'throughline/ai-sdk'

const [url = 'http://127.0.0.1:8001'] = process.argv.slice(2)
const transport = new ThroughlineChatTransport({ api: `${url}/api/chat` })
const question: UIMessage = {
  ...{ id: crypto.randomUUID(), role: 'user' },
  parts: [{ type: 'text', text: 'What time is it?' }],
}
const stream = await transport.sendMessages({
  ...{ chatId: crypto.randomUUID(), messages: [question], trigger: 'submit-message' },
  ...{ messageId: undefined, abortSignal: undefined },
})
let answer: UIMessage | undefined
for await (const message of readUIMessageStream({ stream })) answer = message
console.log(answer?.parts.map((part) => (part.type === 'text' ? part.text : '')).join(''))
