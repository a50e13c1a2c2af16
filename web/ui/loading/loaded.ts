import { basePath } from '../../base-path.ts'
import { missingParts } from './missing-parts.ts'

/** The wait before the next try. Milliseconds. */
const FIRST_WAIT = 1_000
const LONGEST_WAIT = 20_000

/**
 * Loads a part of the app that was not needed before. Without a network its place is empty, and the page around it goes
 * on; otherwise React would take the whole page for broken. It comes when there is a network. When the server has
 * another build by then, it has other files: the part comes with a reload, which `MissingPartNotice` offers.
 */
export async function loaded<Module>(load: () => Promise<Module>): Promise<Module> {
  const part = {}
  for (let wait = FIRST_WAIT, fails = 0; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    try {
      const module = await load()
      missingParts.remove(part)
      return module
    } catch {
      fails += 1
      if (fails > 1 && (await serverAnswers())) missingParts.add(part)
      await waitOrOnline(wait)
    }
  }
}

async function serverAnswers(): Promise<boolean> {
  try {
    const { ok } = await fetch(`${basePath}/livez`, { cache: 'no-store' })
    return ok
  } catch {
    return false
  }
}

function waitOrOnline(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      removeEventListener('online', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    addEventListener('online', done)
  })
}
