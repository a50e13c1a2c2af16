/**
 * Lets so many pass at once, and as many again each time the window is over; in the order they came.
 *
 * @param windowMs milliseconds from the first that passed
 */
export function createTurnstile(most: number, windowMs: number): (pass: () => void) => void {
  const waiting: (() => void)[] = []
  let passed = 0

  function release(): void {
    passed = 0
    for (const pass of waiting.splice(0, most)) admit(pass)
  }

  function admit(pass: () => void): void {
    passed += 1
    if (passed === 1) setTimeout(release, windowMs)
    pass()
  }

  return (pass) => {
    if (passed < most && waiting.length === 0) admit(pass)
    else waiting.push(pass)
  }
}
