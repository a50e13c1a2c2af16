import type { TestProject } from 'vitest/node'
import { buildWebApp } from '../build-web.ts'
import { findOrInstallChromium } from '../chromium.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** For Playwright's `chromium.launch`. */
    chromium: { executablePath: string; args: string[] }
  }
}

/** Global setup of the browser stories: builds the web app and finds a browser. */
export default async function setup(project: TestProject): Promise<void> {
  await buildWebApp()
  const { path, version } = findOrInstallChromium()
  // Chromium's own sandbox does not work for root, the usual user in a container.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  project.provide('chromium', { executablePath: path, args })
  console.log(`Environment: ${version} (${path})`)
}
