import type { CDPSession, Page } from '@playwright/test'
import { mainThreadCpu } from '../measure/proc.ts'

declare global {
  interface Window {
    /** Durations in milliseconds since they were last taken. */
    benchLongTasks?: number[]
    benchKeys?: number[]
    /** Resolves when the next frame has been painted. */
    benchPainted?: () => Promise<void>
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
  /** The time of the main thread in tasks, including painting, garbage collection, and waiting within them. */
  tasks: number
  /** The CPU time that the main thread used. */
  cpu: number
}

/** Runs in the page before any code of the app. */
export function gatherTasks(): void {
  const longTasks: number[] = []
  window.benchLongTasks = longTasks
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longTasks.push(duration)
  }).observe({ type: 'longtask' })

  // A message that is posted within a frame arrives after that frame was painted.
  const painted = (): Promise<void> =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => resolve()
      requestAnimationFrame(() => port2.postMessage(null))
    })
  window.benchPainted = painted

  const keys: number[] = []
  window.benchKeys = keys
  addEventListener(
    'keydown',
    ({ timeStamp }) => {
      void painted().then(() => keys.push(performance.now() - timeStamp))
    },
    { capture: true },
  )
}

/** Measures from now until the returned function is called. */
export async function beginWork(page: Page, cdp: CDPSession): Promise<() => Promise<PageWork>> {
  await page.evaluate(() => window.benchLongTasks?.splice(0))
  const began = performance.now()
  const before = await readMetrics(cdp)
  const renderers = await rendererCpu(page)
  return async () => {
    const after = await readMetrics(cdp)
    const grown = [...(await rendererCpu(page))].map(
      ([pid, cpu]) => cpu - (renderers.get(pid) ?? cpu),
    )
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
      // The other renderers are spare ones, which do nothing.
      cpu: Math.max(...grown) / 1e6 / seconds,
    }
  }
}

/** Microseconds of CPU of the main thread of each of the browser's renderers, by process. */
async function rendererCpu(page: Page): Promise<Map<number, number>> {
  const browser = page.context().browser()
  if (!browser) throw new Error('the page has no browser of its own')
  const cdp = await browser.newBrowserCDPSession()
  const { processInfo } = await cdp.send('SystemInfo.getProcessInfo')
  await cdp.detach()
  const renderers = processInfo.filter(({ type }) => type === 'renderer')
  return new Map(
    await Promise.all(renderers.map(async ({ id }) => [id, await mainThreadCpu(id)] as const)),
  )
}

async function readMetrics(cdp: CDPSession): Promise<Map<string, number>> {
  const { metrics } = await cdp.send('Performance.getMetrics')
  return new Map(metrics.map(({ name, value }) => [name, value]))
}
