import { conversationId, hex } from '../../doors/ids.ts'
import type { Things } from './table.ts'

/** A request of a route that needs a login. */
type Guarded = {
  path: (of: Things) => string
  headers?: Record<string, string>
  body?: string | ((of: Things) => object)
  /**
   * The status for the owner, which proves that the request could succeed; absent when the request would remove the
   * thing.
   */
  mine?: number
  /**
   * The status for another person: 404 or 409, as if the thing did not exist or the id were taken, or 200 with things
   * of their own.
   */
  other: number
  /** The status for a key that may only read, if the request changes nothing although its method suggests it. */
  reading?: number
}

type Route = Guarded | { anyone: string }

const response = ({ runId }: Things) => `/v1/responses/resp_${hex(runId)}`
const conversation = ({ sessionId }: Things) =>
  `/v1/conversations/${conversationId(sessionId as never)}`
const said = [{ id: 'm1', role: 'user', parts: [{ type: 'text', text: 'Let me in' }] }]
const tus = {
  'tus-resumable': '1.0.0',
  'upload-offset': '0',
  'content-type': 'application/offset+octet-stream',
}
const mcp = { accept: 'application/json, text/event-stream' }

const UPLOAD = ({ uploadId }: Things) => `/api/files/uploads/${uploadId}`
const FILE = ({ fileId }: Things) => `/api/files/${fileId}`
const SPEECH = ({ answerId }: Things) => `/api/messages/${answerId}/speech`
const ARCHIVE = ({ sessionId }: Things) => `/api/session/${sessionId}/export/zip`
const STREAM = ({ sessionId }: Things) => `/api/chat/${sessionId}/stream`

const ABOUT_THE_SERVER = 'it says nothing of anybody'
const THE_APP = 'the web app itself, which anybody may load'
const PROCEDURES = 'they admit whoever asks themselves'
const SIGNING_IN = 'it is how people come in'

/**
 * Every route of the HTTP server that is not a procedure's: files, archives, speech, other protocols, and public ones.
 * The test that reads the server's routes fails when one is missing here. GET includes HEAD.
 */
export const routes: Record<string, Route> = {
  'POST /api/files': {
    path: ({ fileId }) => `/api/files?id=${fileId}`,
    headers: { 'x-file-name': 'secret.txt' },
    body: 'mine',
    other: 409,
  },
  'GET /api/files/:id': { path: FILE, mine: 200, other: 404 },
  'GET /api/share/:token/files/:id': { anyone: 'whoever has the token of a share sees its files' },
  'POST /api/files/uploads': {
    path: () => '/api/files/uploads',
    headers: { 'tus-resumable': '1.0.0', 'upload-length': '5' },
    mine: 201,
    other: 201,
  },
  'HEAD /api/files/uploads/:id': { path: UPLOAD, headers: tus, mine: 200, other: 404 },
  'PATCH /api/files/uploads/:id': { path: UPLOAD, headers: tus, body: 'abcde', other: 404 },
  'DELETE /api/files/uploads/:id': { path: UPLOAD, headers: tus, other: 404 },
  'OPTIONS /api/files/uploads': { anyone: ABOUT_THE_SERVER },
  'GET /api/session/:id/export/zip': { path: ARCHIVE, mine: 200, other: 404 },
  // The body is not an archive, which is reported only to a sender with a login.
  'POST /api/session/import/zip': {
    path: () => '/api/session/import/zip',
    headers: { 'content-type': 'application/zip' },
    body: 'no archive',
    mine: 400,
    other: 400,
  },
  // There is no speech service here, which is reported before anything is sent to one.
  'POST /api/speech/transcriptions': {
    path: () => '/api/speech/transcriptions',
    headers: { 'content-type': 'audio/webm' },
    body: 'no sound',
    mine: 501,
    other: 501,
  },
  'GET /api/messages/:id/speech': { path: SPEECH, mine: 501, other: 501 },
  'POST /v1/responses': {
    path: () => '/v1/responses',
    body: (of) => ({ input: 'Let me in', conversation: conversation(of).split('/').at(-1) }),
    other: 404,
  },
  'GET /v1/responses/:id': { path: response, mine: 200, other: 404 },
  'DELETE /v1/responses/:id': { path: response, other: 404 },
  'POST /v1/responses/:id/cancel': { path: (of) => `${response(of)}/cancel`, other: 404 },
  'GET /v1/responses/:id/input_items': {
    path: (of) => `${response(of)}/input_items`,
    mine: 200,
    other: 404,
  },
  // It counts a request that names somebody else's conversation as one that names none that exists.
  'POST /v1/responses/input_tokens': {
    path: () => '/v1/responses/input_tokens',
    body: (of) => ({ input: 'Hi', conversation: conversation(of).split('/').at(-1) }),
    mine: 200,
    other: 404,
    reading: 200,
  },
  // Refused for everybody, with the reason.
  'POST /v1/responses/compact': {
    path: () => '/v1/responses/compact',
    body: () => ({ model: 'x', input: 'Hi' }),
    mine: 400,
    other: 400,
    reading: 400,
  },
  'POST /v1/conversations': {
    path: () => '/v1/conversations',
    body: () => ({}),
    mine: 200,
    other: 200,
  },
  'GET /v1/conversations/:id': { path: conversation, mine: 200, other: 404 },
  'POST /v1/conversations/:id': {
    path: conversation,
    body: () => ({ metadata: { mine: 'yes' } }),
    mine: 200,
    other: 404,
  },
  'POST /v1/conversations/:id/items': {
    path: (of) => `${conversation(of)}/items`,
    body: () => ({ items: [] }),
    mine: 400,
    other: 404,
    reading: 400,
  },
  'GET /v1/conversations/:id/items/:itemId': {
    path: (of) => `${conversation(of)}/items/msg_none`,
    mine: 404,
    other: 404,
  },
  'DELETE /v1/conversations/:id/items/:itemId': {
    path: (of) => `${conversation(of)}/items/msg_none`,
    mine: 400,
    other: 404,
    reading: 400,
  },
  'DELETE /v1/conversations/:id': { path: conversation, other: 404 },
  'GET /v1/conversations/:id/items': {
    path: (of) => `${conversation(of)}/items`,
    mine: 200,
    other: 404,
  },
  // Each request makes its own conversation, so there is none of somebody else's to name.
  'POST /v1/chat/completions': {
    path: () => '/v1/chat/completions',
    body: () => ({ model: 'x', messages: [] }),
    mine: 400,
    other: 400,
    reading: 400,
  },
  'GET /v1/models': { path: () => '/v1/models', mine: 200, other: 200 },
  'GET /v1/models/*': { path: () => '/v1/models/none', mine: 404, other: 404 },
  'POST /api/chat': {
    path: () => '/api/chat',
    body: ({ sessionId }) => ({ id: sessionId, messages: said }),
    other: 409,
  },
  // The protocol answers 204 when there is no such stream.
  'GET /api/chat/:id/stream': { path: STREAM, other: 204 },
  'POST /api/chat/:id/stop': {
    path: ({ sessionId }) => `/api/chat/${sessionId}/stop`,
    other: 404,
  },
  // `server/stories/doors/mcp.both.test.ts` tests its tools with the official client.
  'POST /mcp': {
    path: () => '/mcp',
    headers: mcp,
    body: () => ({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
    mine: 200,
    other: 200,
    reading: 200,
  },
  'GET /mcp': { path: () => '/mcp', headers: mcp, mine: 405, other: 405 },
  'DELETE /mcp': { path: () => '/mcp', headers: mcp, mine: 405, other: 405, reading: 405 },
  'POST /api/auth/setup': { anyone: SIGNING_IN },
  'POST /api/auth/invite': { anyone: SIGNING_IN },
  'GET /api/auth/*': { anyone: SIGNING_IN },
  'POST /api/auth/*': { anyone: SIGNING_IN },
  // The table of procedures tests each of them.
  'GET /trpc/:path': { anyone: PROCEDURES },
  'POST /trpc/:path': { anyone: PROCEDURES },
  'POST /trpc/sessions.import': { anyone: PROCEDURES },
  ...Object.fromEntries(
    ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'TRACE'].map((method) => [
      `${method} /v1/*`,
      { anyone: 'it says that there is nothing' },
    ]),
  ),
  'OPTIONS /*': { anyone: ABOUT_THE_SERVER },
  'GET /health': { anyone: ABOUT_THE_SERVER },
  'GET /livez': { anyone: ABOUT_THE_SERVER },
  'GET /readyz': { anyone: ABOUT_THE_SERVER },
  'GET /metrics': { anyone: ABOUT_THE_SERVER },
  'GET /openapi.json': { anyone: ABOUT_THE_SERVER },
  'GET /docs': { anyone: ABOUT_THE_SERVER },
  'GET /docs/start.js': { anyone: ABOUT_THE_SERVER },
  'GET /docs/swagger-ui-bundle.js': { anyone: ABOUT_THE_SERVER },
  'GET /docs/swagger-ui.css': { anyone: ABOUT_THE_SERVER },
  'GET /redoc': { anyone: ABOUT_THE_SERVER },
  'GET /redoc/redoc.standalone.js': { anyone: ABOUT_THE_SERVER },
  'GET /preview': { anyone: THE_APP },
  'GET /*': { anyone: THE_APP },
}
