import type { CDPSession, Page } from '@playwright/test'

declare global {
  interface Window {
    /** Durations in milliseconds since they were last taken. */
    benchLongTasks?: number[]
    benchKeys?: number[]
  }
}

/** The main-thread work of a page in a span of time. Fractions are of one core. */
export type PageWork = {
  seconds: number
  longTasks: number
  longest: number
  script: number
  style: number
  layout: number
  /** All tasks of the main thread, including painting and garbage collection. */
  tasks: number
}

/** Runs in the page before any code of the app. */
export function gatherTasks(): void {
  const longTasks: number[] = []
  window.benchLongTasks = longTasks
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longTasks.push(duration)
  }).observe({ type: 'longtask' })

  const keys: number[] = []
  window.benchKeys = keys
  const { port1, port2 } = new MessageChannel()
  let pressed: number[] = []
  // A message that is posted within a frame arrives after that frame was painted.
  port1.onmessage = () => {
    for (const at of pressed) keys.push(performance.now() - at)
    pressed = []
  }
  addEventListener(
    'keydown',
    ({ timeStamp }) => {
      pressed.push(timeStamp)
      requestAnimationFrame(() => port2.postMessage(null))
    },
    { capture: true },
  )
}

/** Measures from now until the returned function is called. */
export async function beginWork(page: Page, cdp: CDPSession): Promise<() => Promise<PageWork>> {
  await page.evaluate(() => window.benchLongTasks?.splice(0))
  const began = performance.now()
  const before = await readMetrics(cdp)
  return async () => {
    const after = await readMetrics(cdp)
    const seconds = (performance.now() - began) / 1000
    const share = (name: string) => ((after.get(name) ?? 0) - (before.get(name) ?? 0)) / seconds
    const longTasks = await page.evaluate(() => window.benchLongTasks?.splice(0) ?? [])
    return {
      seconds,
      longTasks: longTasks.length,
      longest: Math.max(0, ...longTasks),
      script: share('ScriptDuration'),
      style: share('RecalcStyleDuration'),
      layout: share('LayoutDuration'),
      tasks: share('TaskDuration'),
    }
  }
}

async function readMetrics(cdp: CDPSession): Promise<Map<string, number>> {
  const { metrics } = await cdp.send('Performance.getMetrics')
  return new Map(metrics.map(({ name, value }) => [name, value]))
}
