import { once } from 'node:events'
import { type Socket, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { Transform } from 'node:stream'

/** The way to a Postgres, with the faults that such ways have. */
export type PostgresProxy = AsyncDisposable & {
  readonly url: string
  /** How many notifications were kept back. */
  dropped(): number
  /** Nothing goes through any more, and nobody is told: connections stay open. */
  silence(): void
  /** What is open goes silent for ever, as when the other end lost its power; new connections get through. */
  darken(): void
  /** Breaks what is open, and lets new connections through. */
  mend(): void
}

/** "A" is a NotificationResponse: PostgreSQL documentation, "Message Formats". */
const NOTIFICATION = 'A'.charCodeAt(0)
/** A type of one byte, and a length of four that counts itself. */
const HEADER = 5

/**
 * @param url of a database on a unix socket, as `startPostgres` gives it
 * @param options.notifications false: none ever arrive, as behind a pooler in transaction mode
 */
export async function startPostgresProxy(
  url: string,
  { notifications = true }: { notifications?: boolean } = {},
): Promise<PostgresProxy> {
  const real = new URL(url)
  const path = join(real.searchParams.get('host') ?? '', '.s.PGSQL.5432')
  const sockets = new Set<Socket>()
  let dropped = 0
  let silent = false
  const server = createServer((near) => {
    const far = connect(path)
    near.setNoDelay(true)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    // Piped, it would flow: who connects into the silence is left without an answer.
    if (silent) return
    near.pipe(far)
    if (notifications) far.pipe(near)
    else far.pipe(withoutNotifications(() => (dropped += 1))).pipe(near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `postgres://postgres@127.0.0.1:${port}${real.pathname}`,
    dropped: () => dropped,
    silence() {
      silent = true
      for (const socket of sockets) socket.unpipe()
    },
    darken() {
      for (const socket of sockets) socket.unpipe()
    },
    mend() {
      silent = false
      for (const socket of sockets) socket.destroy()
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function withoutNotifications(onDropped: () => void): Transform {
  let rest = Buffer.alloc(0)
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      rest = Buffer.concat([rest, piece])
      while (rest.length >= HEADER) {
        const end = 1 + rest.readUInt32BE(1)
        if (rest.length < end) break
        if (rest[0] === NOTIFICATION) onDropped()
        else this.push(rest.subarray(0, end))
        rest = rest.subarray(end)
      }
      done()
    },
  })
}
