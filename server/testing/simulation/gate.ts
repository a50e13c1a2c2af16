/** How a database operation of a node goes: done, never begun, done but its answer lost, or done by a node that then died. */
export type Fate = 'pass' | 'refuse' | 'lose' | 'die'

/** What a node's driver says when its connection broke. */
export class ConnectionLost extends Error {
  readonly code = 'ECONNRESET'

  constructor() {
    super('the simulation cut the connection')
    this.name = 'ConnectionLost'
  }
}

/**
 * The way of one node to the database. While it is `held` the node is frozen; once it is `dead` nothing of the node
 * reaches the database, and no answer reaches the node.
 */
export class Gate {
  readonly nodeId: string
  state: 'open' | 'held' | 'dead' = 'open'
  readonly #traffic: Traffic

  constructor(nodeId: string, traffic: Traffic) {
    this.nodeId = nodeId
    this.#traffic = traffic
  }

  /** Resolves when the simulation lets the operation begin. */
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

/** All operations of all nodes: those that wait to begin, and the one under way. */
export class Traffic {
  waiting: Operation[] = []
  running: Operation | null = null
  /** Counts everything that happens, so that silence can be told. */
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
    this.wrote ||= /\b(insert|update|delete)\b/i.test(text)
  }

  /** The database has done it; what the node gets to know of that is its fate. */
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

/** For whoever looks on while nothing is under way, and waits for nobody. */
export function freeOperation(): Operation {
  const traffic = new Traffic()
  const ignore = () => {}
  return new Operation(new Gate('nobody', traffic), traffic, ignore, ignore)
}

function never<T>(): Promise<T> {
  return new Promise(() => {})
}
