import { setTimeout as delay } from 'node:timers/promises'
import { ProtocolError, SdkError, SdkErrorCode } from '@modelcontextprotocol/client'
import type { Client, VersionNegotiationMode } from '@modelcontextprotocol/client'
import type { McpTimeouts } from './timeouts.ts'

/** The timeout of asking for protocol revisions: the whole connecting time where there is no fallback. Milliseconds. */
export function probeTimeout(
  mode: VersionNegotiationMode,
  { connectMs, probeMs }: McpTimeouts,
): number {
  return mode === 'auto' ? Math.min(connectMs, probeMs) : connectMs
}

/**
 * Connects by the revision of 2026-07-28 or by an earlier one, after asking the server which it speaks. A server that
 * ends or fails at that question may accept the earlier initialization; one that rejects that as well may only have
 * been too slow to answer that it is newer.
 *
 * @param isLegacy the server is known to speak only earlier revisions
 * @throws as `connect` does
 */
export async function negotiated<T>(
  connect: (mode: VersionNegotiationMode) => Promise<T>,
  { isLegacy = false, signal }: { isLegacy?: boolean | undefined; signal: AbortSignal },
): Promise<T> {
  if (isLegacy) return connect('legacy')
  try {
    return await connect('auto')
  } catch (error) {
    const next = modeAfter(error)
    if (signal.aborted || next === null) throw error
    return await connect(next)
  }
}

function modeAfter(error: unknown): VersionNegotiationMode | null {
  if (error instanceof ProtocolError) return { pin: '2026-07-28' }
  const code = error instanceof SdkError ? error.code : null
  const isUnsaid =
    code === SdkErrorCode.EraNegotiationFailed || code === SdkErrorCode.RequestTimeout
  return isUnsaid ? 'legacy' : null
}

type Hearing = {
  times: McpTimeouts
  ended: Promise<unknown>
  isOver: () => boolean
  onToolsChanged: () => void
}

/** Follows changes of the list of tools on a stream, which is opened again whenever it has ended. */
export async function hearOfTools(
  client: Pick<Client, 'getServerCapabilities' | 'listen'>,
  { times: { connectMs: timeout, retryMs }, ended, isOver, onToolsChanged }: Hearing,
): Promise<void> {
  if (!client.getServerCapabilities()?.tools?.listChanged) return
  while (!isOver()) {
    try {
      const stream = await client.listen({ toolsListChanged: true }, { timeout })
      await Promise.race([stream.closed, ended])
    } catch (error) {
      // The server has no such stream, whatever it claims.
      if (error instanceof ProtocolError) return
    }
    await Promise.race([delay(retryMs, undefined, { ref: false }), ended])
    // Changes before the subscription were not reported.
    if (!isOver()) onToolsChanged()
  }
}
