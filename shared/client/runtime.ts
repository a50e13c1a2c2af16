/** The oldest Node that the client is tested with. */
const OLDEST_NODE = 20

/**
 * Says in a sentence that this Node is too old, where otherwise something would be missing somewhere. Browsers and
 * other runtimes have no version of Node, or the one that they are as good as.
 */
export function checkRuntime(version: string | undefined = nodeVersion()): void {
  if (version === undefined || Number.parseInt(version, 10) >= OLDEST_NODE) return
  throw new Error(
    `Throughline's client needs Node ${OLDEST_NODE} or later; this is Node ${version}`,
  )
}

function nodeVersion(): string | undefined {
  const found: unknown = Reflect.get(globalThis, 'process')
  if (typeof found !== 'object' || found === null || !('versions' in found)) return undefined
  const { versions } = found
  if (typeof versions !== 'object' || versions === null || !('node' in versions)) return undefined
  return typeof versions.node === 'string' ? versions.node : undefined
}
