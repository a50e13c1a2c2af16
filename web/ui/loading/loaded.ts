/** The wait before the next try. Milliseconds. */
const FIRST_WAIT = 1_000
const LONGEST_WAIT = 20_000

/**
 * Loads a part of the app that was not needed before. Without a network its place is empty, and the page around it goes
 * on; otherwise React would take the whole page for broken. It comes when there is a network, but not in Chromium, which
 * remembers a script that it could not load: there it comes with the next load of the page.
 */
export async function loaded<Module>(load: () => Promise<Module>): Promise<Module> {
  for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
    try {
      return await load()
    } catch {
      await waitOrOnline(wait)
    }
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
