import type { Adapter } from '../adapter.ts'
import { decodeResponses } from './responses-decoder.ts'
import { responsesRequest } from './responses-request.ts'

/** OpenAI's Responses API. The provider stores nothing but the answers that it writes in the background. */
export const responses: Adapter = {
  api: 'responses',
  open: (client, request, signal) =>
    client.responses.create(responsesRequest(request), { signal }).asResponse(),
  decoder: (request) => decodeResponses(request),
  // The whole answer is read again, because only all events together give the order of reasoning, texts and calls.
  reopen: (client, { id }, signal) =>
    client.responses.retrieve(id, { stream: true, starting_after: 0 }, { signal }).asResponse(),
}
