import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { WebSocket } from 'ws'

/** The state of a socket that a stream checks between two messages. */
export type Backpressure = {
  /** True when too much is unsent. */
  isFull(): boolean
  /** Resolves at once unless it is full; else when all of it is sent, or the socket is gone. */
  drained(): Promise<void>
  /** Stops reading from the client until the result is disposed; several pauses end with the last of them. */
  pauseReading(): Disposable
}

/**
 * Backpressure for one WebSocket, which neither `ws` nor tRPC has. It also stops reading from a client that asks without
 * reading the answers.
 *
 * Node's socket says `drain` when it was over its high water mark (64 KiB) and has handed all of it to the kernel.
 */
export function applyBackpressure(
  webSocket: WebSocket,
  socket: Socket,
  fullBytes: number,
): Backpressure {
  // One promise for all that wait: a socket may carry 64 watches.
  let waiting: Promise<void> | null = null

  function drained(): Promise<void> {
    if (waiting) return waiting
    if (!isFull()) return Promise.resolve()
    waiting = new Promise((resolve) => {
      const done = (): void => {
        socket.off('drain', done)
        socket.off('close', done)
        waiting = null
        resolve()
      }
      socket.on('drain', done)
      socket.on('close', done)
    })
    return waiting
  }

  function isFull(): boolean {
    return webSocket.bufferedAmount >= fullBytes && socket.writableNeedDrain && !socket.destroyed
  }

  // Counted, so that whoever ends a pause does not end that of somebody else.
  let pauses = 0

  function pauseReading(): Disposable {
    pauses += 1
    webSocket.pause()
    return {
      [Symbol.dispose]: () => {
        pauses -= 1
        if (pauses === 0) webSocket.resume()
      },
    }
  }

  let pausedWhileFull = false
  webSocket.on('message', () => {
    if (pausedWhileFull || !isFull()) return
    pausedWhileFull = true
    const pause = pauseReading()
    void drained().then(() => {
      pausedWhileFull = false
      pause[Symbol.dispose]()
    })
  })
  return { isFull, drained, pauseReading }
}

/** Makes long answers one at a time: the next begins when the one before has been sent. */
export function takeTurns(
  drained: () => Promise<void>,
): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(drained).then(work)
    // The answer is handed to the socket after it was returned; whether there is room can be seen only then.
    last = result.then(
      () => nextTurn(),
      () => undefined,
    )
    return result
  }
}
