import type { Adapter } from '../adapter.ts'
import { decodeResponses } from './responses-decoder.ts'
import { responsesRequest } from './responses-request.ts'

/** OpenAI's Responses API, with nothing stored at the provider. */
export const responses: Adapter = {
  api: 'responses',
  open: (client, request, signal) =>
    client.responses.create(responsesRequest(request), { signal }).asResponse(),
  decoder: (request) => decodeResponses(request),
}
