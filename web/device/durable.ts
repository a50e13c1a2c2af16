/**
 * Resolves with true when this browser's storage survives its closing. That of a private window does not, and is small.
 */
export async function isStorageDurable(): Promise<boolean> {
  try {
    const { quota = Number.POSITIVE_INFINITY } = (await navigator.storage?.estimate()) ?? {}
    if (quota < LEAST_QUOTA) return false
    return await opens()
  } catch {
    return false
  }
}

/** Private windows allow some hundred megabytes at the most, others several gigabytes. */
const LEAST_QUOTA = 120 * 1024 * 1024

/** Some browsers have no database in a private window. */
function opens(): Promise<boolean> {
  return new Promise((resolve) => {
    const name = 'throughline-probe'
    const request = indexedDB.open(name)
    request.addEventListener('error', () => resolve(false))
    request.addEventListener('success', () => {
      request.result.close()
      indexedDB.deleteDatabase(name)
      resolve(true)
    })
  })
}
