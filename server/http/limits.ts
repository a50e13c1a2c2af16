/** The limits of one client (contract, P12). */
export type Limits = {
  /** Bytes of one WebSocket message. */
  frameBytes: number
  /** Queries and mutations in one message. */
  batchSize: number
  watchesPerSocket: number
  /** Sockets of clients that are not signed in, guests included. */
  socketsPerAddress: number
  /** Sockets of a signed-in person, over all addresses. */
  socketsPerPerson: number
  /** TCP connections, whatever they carry; those of a trusted proxy are not counted. */
  connectionsPerAddress: number
  /** From the first byte to the request's head, and from the upgrade to the connection params. */
  handshakeMs: number
  /** Until the whole request has arrived, with its body. */
  requestMs: number
  /** The interval of pings; a socket that sent nothing since the last one is closed. */
  pingMs: number
  /** A socket with more than this unsent is full: its streams wait. */
  fullBytes: number
  /**
   * Bytes that may be unsent on all sockets together, and as many in all answers over HTTP; over it those with the most
   * are closed, and resume later.
   */
  allUnsentBytes: number
  /** Bytes of an HTTP body, and of one that imports conversations. */
  bodyBytes: number
  importBytes: number
  /** Bytes of all bodies that are being read or worked on, in the whole process. */
  allBodiesBytes: number
  /** Watches over server-sent events that one address, or one person who is signed in, may read at once. */
  streamsPerAddress: number
  /** The longest wait for requests in flight when the server closes. */
  closeMs: number
}

export const DEFAULT_LIMITS: Limits = {
  frameBytes: 1024 * 1024,
  batchSize: 20,
  watchesPerSocket: 64,
  socketsPerAddress: 256,
  socketsPerPerson: 256,
  connectionsPerAddress: 2_048,
  handshakeMs: 10_000,
  requestMs: 300_000,
  pingMs: 30_000,
  fullBytes: 64 * 1024,
  allUnsentBytes: 128 * 1024 * 1024,
  bodyBytes: 1024 * 1024,
  importBytes: 64 * 1024 * 1024,
  allBodiesBytes: 192 * 1024 * 1024,
  streamsPerAddress: 256,
  closeMs: 5_000,
}
