/** Calls the flush once, soon. */
export type Schedule = (flush: () => void) => void

/** The clock and the frames of a browser. */
export type Frames = {
  now(): number
  request(run: () => void): () => void
  /** Runs it after what has been changed in this frame was painted. */
  painted(run: () => void): void
  /** By the clock: hidden pages are given no frames. */
  after(run: () => void, delayMs: number): () => void
}

const HIDDEN_MS = 250
/**
 * A flush that costs more than this many milliseconds until it is painted is followed by fewer, and one below the other
 * by more again: the rest of a frame is for typing and scrolling.
 */
const COSTLY_MS = 12
const CHEAP_MS = 8
const PACES_MS = [0, 33, 66]
/** Half a frame early is nearer than half a frame late. */
const EARLY_MS = 8

/** Flushes once a frame; every second or fourth when drawing and painting what a flush brings takes too long. */
export function frameSchedule(frames: Frames): Schedule {
  let waiting: (() => void)[] = []
  let cancelFrame = (): void => {}
  let cancelTimer = (): void => {}
  let pace = 0
  let last = Number.NEGATIVE_INFINITY

  function run(): void {
    cancelFrame()
    cancelTimer()
    const flushes = waiting
    waiting = []
    last = frames.now()
    for (const flush of flushes) flush()
    frames.painted(() => {
      const cost = frames.now() - last
      if (cost > COSTLY_MS) pace = Math.min(pace + 1, PACES_MS.length - 1)
      else if (cost < CHEAP_MS) pace = Math.max(pace - 1, 0)
    })
  }

  return (flush) => {
    waiting.push(flush)
    if (waiting.length > 1) return
    const early = (PACES_MS[pace] ?? 0) - EARLY_MS - (frames.now() - last)
    const request = (): void => {
      cancelFrame = frames.request(run)
    }
    // Asking for frames only to let them pass would cost the page the work of each.
    if (early > 0) cancelFrame = frames.after(request, early)
    else request()
    cancelTimer = frames.after(run, HIDDEN_MS)
  }
}

/** By frames in browsers; elsewhere in a microtask, so that what arrives together is told together. */
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
      // What is posted within a frame arrives when that is over.
      port2.postMessage(null)
    },
    after: (run, delayMs) => {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
  })
}
