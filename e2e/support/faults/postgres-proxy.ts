import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { Transform } from 'node:stream'

/** A TCP proxy to a Postgres that can produce network faults. */
export type PostgresProxy = AsyncDisposable & {
  readonly url: string
  /** The number of notifications that were dropped. */
  dropped(): number
  /** Forwards nothing any more and leaves all connections open. */
  silence(): void
  /** Stalls the open connections for ever, as after a power failure at the other end; new connections work. */
  darken(): void
  /** From now on every piece takes so many milliseconds longer, each way, on connections that are open too. */
  slow(milliseconds: number): void
  /** Closes the open connections, and lets new ones work. */
  mend(): void
}

/** "A" is a NotificationResponse: PostgreSQL documentation, "Message Formats". */
const NOTIFICATION = 'A'.charCodeAt(0)
/** One byte of type and four of length, which includes itself. */
const HEADER_BYTES = 5

/**
 * @param url of a database on a Unix socket, as `startPostgres` gives it
 * @param options.notifications false drops all notifications, as a pooler in transaction mode does
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
  let slowness = 0
  const slowly = () => later(() => slowness)
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
    // Without this, a connection that is opened during the silence would be forwarded.
    if (silent) return
    near.pipe(slowly()).pipe(far)
    if (notifications) far.pipe(slowly()).pipe(near)
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
    slow(milliseconds) {
      slowness = milliseconds
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
      while (rest.length >= HEADER_BYTES) {
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

/** Hands each piece on after a while, one after the other. */
function later(delay: () => number): Transform {
  return new Transform({
    readableHighWaterMark: 1024 * 1024,
    transform(piece: Buffer, _encoding, done) {
      const milliseconds = delay()
      if (milliseconds === 0) return done(null, piece)
      setTimeout(() => done(null, piece), milliseconds)
    },
  })
}
