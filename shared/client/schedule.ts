/** Calls the flush once, soon. */
export type Schedule = (flush: () => void) => void

/** The clock and the frames of a browser. */
export type Frames = {
  now(): number
  request(run: () => void): () => void
  /** Calls `run` after the changes in this frame were painted. */
  painted(run: () => void): void
  /** With a timer, because hidden pages get no frames. */
  after(run: () => void, delayMs: number): () => void
}

const HIDDEN_MS = 250
/**
 * Flushes take at most this share of the time, from a flush until it is painted: the rest is for what arrives, for
 * typing, scrolling and the battery. A slow page still changes five times a second.
 */
const SHARE = 0.15
const SLOWEST_MS = 200
/** Half a frame early is closer than half a frame late. What one flush is early, the next is late. */
const EARLY_MS = 8

/** Flushes once a frame, or less often when rendering a flush takes longer than that share of one. */
export function frameSchedule(frames: Frames): Schedule {
  let waiting: (() => void)[] = []
  let cancelFrame = (): void => {}
  let cancelTimer = (): void => {}
  let cost = 0
  let pace = 0
  let last = Number.NEGATIVE_INFINITY
  /** The time from which the next flush is due after `pace`. */
  let due = Number.NEGATIVE_INFINITY

  function run(): void {
    cancelFrame()
    cancelTimer()
    const flushes = waiting
    waiting = []
    last = frames.now()
    due = last - (due + pace) > EARLY_MS ? last : due + pace
    for (const flush of flushes) flush()
    frames.painted(() => {
      const before = cost
      cost = frames.now() - last
      // A single flush may be slow by chance.
      pace = Math.min(Math.min(cost, before) / SHARE, SLOWEST_MS)
    })
  }

  return (flush) => {
    waiting.push(flush)
    if (waiting.length > 1) return
    const early = due + pace - EARLY_MS - frames.now()
    const request = (): void => {
      cancelFrame = frames.request(run)
    }
    // A timer, because requesting frames only to skip them would cost the page work.
    if (early > 0) cancelFrame = frames.after(request, early)
    else request()
    cancelTimer = frames.after(run, HIDDEN_MS)
  }
}

/** By frames in browsers; elsewhere in a microtask, so that simultaneous changes cause one notification. */
export function defaultSchedule(): Schedule {
  if (typeof requestAnimationFrame === 'undefined') return queueMicrotask
  const { port1, port2 } = new MessageChannel()
  let onPainted = (): void => {}
  port1.onmessage = () => onPainted()
  return frameSchedule({
    now: () => performance.now(),
    request: (run) => {
      const frame = requestAnimationFrame(run)
      return () => cancelAnimationFrame(frame)
    },
    painted: (run) => {
      onPainted = run
      // A message that is posted within a frame arrives after it.
      port2.postMessage(null)
    },
    after: (run, delayMs) => {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
  })
}
