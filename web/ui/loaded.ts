/** Between two tries. Milliseconds. */
const FIRST_WAIT = 1_000
const LONGEST_WAIT = 20_000

/**
 * Loads a part of the app that was not needed before. Without a network it comes when there is one: until then its place
 * is empty, and the page around it goes on. Otherwise React would take the whole page for broken.
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
