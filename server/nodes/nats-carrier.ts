import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@nats-io/transport-node'
import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node'
import { PROBE_TIMEOUT_MS, RECONNECT_DELAY_MS } from './probed-wake.ts'
import type { Carrier, CarrierListener } from './probed-wake.ts'

/**
 * A NATS server's core messages. Without a connection its client would keep messages and send them later, so each
 * connection is used only as long as it lasts, and then replaced.
 */
export function natsCarrier(url: string): Carrier {
  const closing = new AbortController()
  let connection: NatsConnection | null = null
  let connecting: Promise<void> = Promise.resolve()

  async function connectOnce(channel: string, { onText, onError }: CarrierListener) {
    const opened = await connect(optionsOf(url))
    opened.subscribe(channel, {
      callback: (error, message) => {
        if (error) onError(error)
        else onText(message.string())
      },
    })
    if (closing.signal.aborted) {
      await opened.close()
      return
    }
    connection = opened
    void opened.closed().then((error) => {
      connection = null
      if (!closing.signal.aborted) {
        onError(error ?? new Error('the NATS server closed the connection'))
        connecting = connectAgain(channel, { onText, onError })
      }
    })
  }

  /** Retries until there is a connection, or none is wanted any more. */
  async function connectAgain(channel: string, listener: CarrierListener): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await connectOnce(channel, listener)
        return
      } catch (error) {
        listener.onError(error)
        await sleep(RECONNECT_DELAY_MS, undefined, { signal: closing.signal }).catch(() => {})
      }
    }
  }

  return {
    get isReady() {
      return connection !== null && !connection.isClosed()
    },
    open(channel, listener) {
      connecting = connectAgain(channel, listener)
      return connecting
    },
    async publish(channel, text) {
      if (connection === null || connection.isClosed()) {
        throw new Error('there is no connection to the NATS server')
      }
      connection.publish(channel, text)
    },
    async close() {
      closing.abort()
      await connection?.close()
      await connecting
    },
  }
}

/**
 * With `tls://` the connection is encrypted and the server's certificate checked. A user name without a password is a
 * token.
 */
function optionsOf(url: string): NodeConnectionOptions {
  const { protocol, hostname, port, username, password } = new URL(url)
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)]
  return {
    servers: `${hostname}:${port === '' ? 4222 : port}`,
    ...(protocol === 'tls:' && { tls: {} }),
    ...(user !== '' && (pass === '' ? { token: user } : { user, pass })),
    name: 'throughline',
    reconnect: false,
    ignoreClusterUpdates: true,
    timeout: PROBE_TIMEOUT_MS,
    pingInterval: 5_000,
    maxPingOut: 2,
  }
}
