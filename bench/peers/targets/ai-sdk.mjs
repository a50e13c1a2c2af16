// The AI SDK as its documentation has it for a Node server: `streamText` to a stream of UI messages. Nothing is kept.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import {
  convertToModelMessages,
  pipeUIMessageStreamToResponse,
  streamText,
  toUIMessageStream,
} from 'ai'
import { address, tellPort } from './pipe.mjs'

const model = createOpenAICompatible({
  baseURL: process.env.OPENAI_BASE_URL,
  name: 'bench',
  includeUsage: true,
})('bench-model')

const server = createServer((request, response) => {
  answer(request, response).catch((error) => response.destroy(error))
})

async function answer(request, response) {
  const { messages } = JSON.parse(await text(request))
  const { stream } = streamText({
    model,
    system: 'You are a helpful assistant.',
    messages: await convertToModelMessages(messages),
  })
  await pipeUIMessageStreamToResponse({ response, stream: toUIMessageStream({ stream }) })
}

server.listen({ ...address, backlog: 4096 }, () => tellPort(server))
