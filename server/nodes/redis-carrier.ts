import { createClient } from '@redis/client'
import { PROBE_TIMEOUT_MS, RECONNECT_DELAY_MS } from './probed-wake.ts'
import type { Carrier } from './probed-wake.ts'

/** A Redis server's publish and subscribe; its client subscribes again after it has connected again. */
export function redisCarrier(url: string): Carrier {
  const publisher = clientOf(url)
  const subscriber = clientOf(url)
  const clients = [publisher, subscriber]
  return {
    get isReady() {
      return clients.every((client) => client.isReady)
    },
    async open(channel, { onText, onError }) {
      for (const client of clients) {
        client.on('error', onError)
      }
      await Promise.all(clients.map((client) => client.connect()))
      await subscriber.subscribe(channel, onText)
    },
    async publish(channel, text) {
      await publisher.publish(channel, text)
    },
    async close() {
      for (const client of clients) {
        client.destroy()
      }
    },
  }
}

function clientOf(url: string) {
  return createClient({
    url,
    // A message that cannot be sent now is sent another way.
    disableOfflineQueue: true,
    socket: { connectTimeout: PROBE_TIMEOUT_MS, reconnectStrategy: () => RECONNECT_DELAY_MS },
  })
}
