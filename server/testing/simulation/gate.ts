import { DatabaseBusyError } from '../../../db/engine/database-errors.ts'

/**
 * The outcome of a database operation of a node: done, never begun, done with a lost answer, done by a node that then
 * died, undone by a serialization failure, refused by an error that no retry can be expected to mend, or done long
 * after its answer was lost (a transaction: done with a lost answer).
 */
export type Fate = 'pass' | 'refuse' | 'lose' | 'die' | 'conflict' | 'fail' | 'late'

/** The error of a node's driver when its connection breaks. */
export class ConnectionLost extends Error {
  readonly code = 'ECONNRESET'

  constructor() {
    super('the simulation cut the connection')
    this.name = 'ConnectionLost'
  }
}

/** The error of a database that undoes a transaction, or that cannot carry a statement out. */
export class DatabaseRefused extends Error {
  readonly code: string

  /** @param code its SQLSTATE */
  constructor(code: '40001' | 'XX000') {
    super('the simulation had the database refuse this')
    this.name = 'DatabaseRefused'
    this.code = code
  }
}

/** True for an error that the simulation made, or that a node makes of a database that does not answer for long. */
export function isSimulated(error: unknown): boolean {
  return [ConnectionLost, DatabaseRefused, DatabaseBusyError].some((kind) => error instanceof kind)
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

  /** The database's end of a broken connection, which may carry a statement out at any time. */
  cut(): Gate {
    return new Gate(this.nodeId, this.#traffic)
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
    } else if (fate === 'fail') {
      this.#refuse(new DatabaseRefused('XX000'))
    } else {
      this.#traffic.running = this
      this.#begin(this)
    }
  }

  sent(text: string): void {
    this.#traffic.activity += 1
    this.wrote ||= /\b(insert|update|delete|\w+_(answers|sessions)(?=\())\b/i.test(text)
  }

  /** True when the database undoes it where it would commit. */
  get conflicts(): boolean {
    return this.#fate === 'conflict'
  }

  /** True when the database carries a statement out after the node was told that the connection broke. */
  get isLate(): boolean {
    return this.#fate === 'late'
  }

  /** The database has executed it; `fate` determines the answer that the node gets. */
  async answer(): Promise<void> {
    this.end()
    if (this.#fate === 'lose' || this.#fate === 'late') {
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
