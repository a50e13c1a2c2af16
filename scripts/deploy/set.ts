/** The set of compose.yaml while it runs: Postgres, nodes, and a proxy with TLS in front of them. */
export type RunningSet = AsyncDisposable & {
  /** The proxy's address. */
  url: string
  /** The certificate of the authority that signed the proxy's own, in PEM. */
  authority: string
  /** Names of the nodes. */
  nodes: readonly string[]
  /** Everything that the node has written so far. */
  output(node: string): Promise<string>
  /** Sends a request to a node directly, not through the proxy. */
  ask(node: string, path: string, token: string): Promise<unknown>
  /** Ends the node at once, like a crash. */
  kill(node: string): Promise<void>
  /** Ends the node in order, as an upgrade does, and returns its exit status. */
  end(node: string): Promise<number | null>
  /** Starts a node again that was ended or killed. */
  start(node: string): Promise<void>
  /**
   * Checks what a container has and a process has not: the user, a root that cannot be written, a health check.
   *
   * @throws when a node is not as compose.yaml and the Dockerfile say
   */
  inspect?(tell: Tell): Promise<void>
}

/** Reports a step in a sentence. */
export type Tell = (text: string) => void

/** Seconds. */
const LONGEST_WAIT = 60

/** Asks repeatedly until there is a result; a failure counts as none. */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | null> | T | null,
): Promise<T> {
  const deadline = performance.now() + LONGEST_WAIT * 1_000
  let last: unknown = null
  for (;;) {
    try {
      const found = await look()
      if (found !== null) return found
    } catch (error) {
      last = error
    }
    if (performance.now() > deadline) {
      throw new Error(`${what} did not happen within ${LONGEST_WAIT} s`, { cause: last })
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
