import type { Adapter } from '../adapter.ts'
import { decodeChat } from './chat-decoder.ts'
import { chatRequest } from './chat-request.ts'

/** Chat Completions, as OpenAI and every compatible server speak it. */
export const chat: Adapter = {
  api: 'chat',
  open: (client, request, signal) =>
    client.chat.completions.create(chatRequest(request), { signal }).asResponse(),
  decoder: (request) => decodeChat(request),
}
