/** Calls the flush once, soon. */
export type Schedule = (flush: () => void) => void

/** The clock and the frames of a browser. */
export type Frames = {
  now(): number
  request(run: () => void): () => void
  /** For hidden pages, which are given no frames. */
  after(run: () => void, delayMs: number): () => void
}

const HIDDEN_MS = 250
/** A flush that costs more than this many milliseconds is followed by fewer, and one below the other by more again. */
const COSTLY_MS = 8
const CHEAP_MS = 4
const PACES_MS = [0, 33, 66]

/** Flushes once a frame; every second or fourth when drawing what a flush brings takes too long. */
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
    // React draws what a store tells it in a microtask, which is queued by now.
    queueMicrotask(() => {
      const cost = frames.now() - last
      if (cost > COSTLY_MS) pace = Math.min(pace + 1, PACES_MS.length - 1)
      else if (cost < CHEAP_MS) pace = Math.max(pace - 1, 0)
    })
  }

  function onFrame(): void {
    // Half a frame early is nearer than half a frame late.
    const due = frames.now() - last >= (PACES_MS[pace] ?? 0) - CHEAP_MS * 2
    if (due) run()
    else cancelFrame = frames.request(onFrame)
  }

  return (flush) => {
    waiting.push(flush)
    if (waiting.length > 1) return
    cancelFrame = frames.request(onFrame)
    cancelTimer = frames.after(run, HIDDEN_MS)
  }
}

/** By frames in browsers; elsewhere in a microtask, so that what arrives together is told together. */
export function defaultSchedule(): Schedule {
  if (typeof requestAnimationFrame === 'undefined') return queueMicrotask
  return frameSchedule({
    now: () => performance.now(),
    request: (run) => {
      const frame = requestAnimationFrame(run)
      return () => cancelAnimationFrame(frame)
    },
    after: (run, delayMs) => {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
  })
}
