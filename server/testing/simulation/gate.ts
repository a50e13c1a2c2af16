/**
 * The outcome of a database operation of a node: done, never begun, done with a lost answer, or done by a node that
 * then died.
 */
export type Fate = 'pass' | 'refuse' | 'lose' | 'die'

/** The error of a node's driver when its connection breaks. */
export class ConnectionLost extends Error {
  readonly code = 'ECONNRESET'

  constructor() {
    super('the simulation cut the connection')
    this.name = 'ConnectionLost'
  }
}

/**
 * The connection of one node to the database. While it is `held`, the node is frozen; once it is `dead`, nothing of the
 * node reaches the database, and no answer reaches the node.
 */
export class Gate {
  readonly nodeId: string
  state: 'open' | 'held' | 'dead' = 'open'
  readonly #traffic: Traffic

  constructor(nodeId: string, traffic: Traffic) {
    this.nodeId = nodeId
    this.#traffic = traffic
  }

  /** Resolves when the simulation allows the operation to begin. */
  enter(): Promise<Operation> {
    if (this.state === 'dead') {
      return never()
    }
    return new Promise((begin, refuse) => {
      this.#traffic.waiting.push(new Operation(this, this.#traffic, begin, refuse))
      this.#traffic.activity += 1
    })
  }

  hold(): void {
    this.state = 'held'
  }

  open(): void {
    this.state = 'open'
  }

  kill(): void {
    this.state = 'dead'
    this.#traffic.waiting = this.#traffic.waiting.filter(({ gate }) => gate !== this)
  }
}

/** All operations of all nodes: those that are waiting, and the current one. */
export class Traffic {
  waiting: Operation[] = []
  running: Operation | null = null
  /** Counts all activity, to detect when there is none. */
  activity = 0

  get ready(): Operation[] {
    return this.waiting.filter(({ gate }) => gate.state === 'open')
  }
}

/** One transaction, or one statement outside of any. */
export class Operation {
  readonly gate: Gate
  wrote = false
  readonly #traffic: Traffic
  readonly #begin: (operation: Operation) => void
  readonly #refuse: (error: Error) => void
  #fate: Fate = 'pass'

  constructor(
    gate: Gate,
    traffic: Traffic,
    begin: (operation: Operation) => void,
    refuse: (error: Error) => void,
  ) {
    this.gate = gate
    this.#traffic = traffic
    this.#begin = begin
    this.#refuse = refuse
  }

  begin(fate: Fate): void {
    this.#fate = fate
    this.#traffic.activity += 1
    this.#traffic.waiting = this.#traffic.waiting.filter((operation) => operation !== this)
    if (fate === 'refuse') {
      this.#refuse(new ConnectionLost())
    } else {
      this.#traffic.running = this
      this.#begin(this)
    }
  }

  sent(text: string): void {
    this.#traffic.activity += 1
    this.wrote ||= /\b(insert|update|delete|\w+_(answers|sessions)(?=\())\b/i.test(text)
  }

  /** The database has executed it; `fate` determines the answer that the node gets. */
  async answer(): Promise<void> {
    this.end()
    if (this.#fate === 'lose') {
      throw new ConnectionLost()
    }
    if (this.#fate === 'die') {
      this.gate.kill()
      await never()
    }
  }

  end(): void {
    this.#traffic.activity += 1
    if (this.#traffic.running === this) {
      this.#traffic.running = null
    }
  }
}

/** For reads by the simulation itself, which run at once while no operation is under way. */
export function freeOperation(): Operation {
  const traffic = new Traffic()
  const ignore = () => {}
  return new Operation(new Gate('nobody', traffic), traffic, ignore, ignore)
}

function never<T>(): Promise<T> {
  return new Promise(() => {})
}
