/** The oldest Node that the client is tested with. */
const OLDEST_NODE = 20

/**
 * Throws a readable error when this Node is too old, instead of failing later at some missing feature. Browsers and
 * other runtimes have no Node version, or report a compatible one.
 */
export function checkRuntime(version: string | undefined = nodeVersion()): void {
  if (version === undefined || Number.parseInt(version, 10) >= OLDEST_NODE) return
  throw new Error(
    `Throughline's client needs Node ${OLDEST_NODE} or later; this is Node ${version}`,
  )
}

/** @param found the global `process`, which in a page may be something else than Node's */
export function nodeVersion(
  found: unknown = Reflect.get(globalThis, 'process'),
): string | undefined {
  if (typeof found !== 'object' || found === null || !('versions' in found)) return undefined
  const { versions } = found
  if (typeof versions !== 'object' || versions === null || !('node' in versions)) return undefined
  return typeof versions.node === 'string' ? versions.node : undefined
}
