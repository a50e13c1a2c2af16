import type { TestProject } from 'vitest/node'
import { preparations } from './preparations.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** For Playwright's `chromium.launch`. */
    chromium: { executablePath: string; args: string[] }
  }
}

/** A process of its own that draws without a graphics card takes a tenth of all work (measured). */
const WITHOUT_GPU = ['--disable-gpu', '--in-process-gpu']

/** Global setup of the browser stories: builds the web app and finds a browser. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { result, release } = await preparations(project).browser.use()
  // Chromium's own sandbox does not work for root, the usual user in a container.
  const args = [...WITHOUT_GPU, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])]
  project.provide('chromium', { executablePath: result, args })
  return release
}
