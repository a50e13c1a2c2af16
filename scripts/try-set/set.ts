/** The set of compose.yaml while it runs: Postgres, nodes, and a proxy with TLS before them. */
export type RunningSet = AsyncDisposable & {
  /** The proxy's address. */
  url: string
  /** The certificate of the authority that signed the proxy's own, in PEM. */
  authority: string
  /** Names of the nodes. */
  nodes: readonly string[]
  /** Everything that the node has written so far. */
  output(node: string): Promise<string>
  /** Asks a node itself, past the proxy. */
  ask(node: string, path: string, token: string): Promise<unknown>
  /** Ends the node at once, as a crash does. */
  kill(node: string): Promise<void>
}

/** Tells what is done. */
export type Tell = (text: string) => void

/** Asks again and again until there is something; a failure counts as nothing. */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | null> | T | null,
  seconds = 60,
): Promise<T> {
  const deadline = performance.now() + seconds * 1_000
  let last: unknown = null
  for (;;) {
    try {
      const found = await look()
      if (found !== null) return found
    } catch (error) {
      last = error
    }
    if (performance.now() > deadline) {
      throw new Error(`${what} did not happen within ${seconds} s`, { cause: last })
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
