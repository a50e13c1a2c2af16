import type { Adapter } from '../adapter.ts'
import { decodeResponses } from './responses-decoder.ts'
import { responsesRequest } from './responses-request.ts'

/** OpenAI's Responses API, with nothing stored at the provider but what it writes in its background. */
export const responses: Adapter = {
  api: 'responses',
  open: (client, request, signal) =>
    client.responses.create(responsesRequest(request), { signal }).asResponse(),
  decoder: (request) => decodeResponses(request),
  // From the beginning: only all events together tell which thoughts, texts and calls an answer has.
  reopen: (client, { id }, signal) =>
    client.responses.retrieve(id, { stream: true, starting_after: 0 }, { signal }).asResponse(),
}
