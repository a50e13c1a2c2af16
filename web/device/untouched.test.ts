import { expect, test } from 'vitest'
import { watchTouches } from './untouched.ts'

test.each(['keydown', 'pointerdown', 'wheel', 'drop'])(
  'a page on which there was a %s is not replaced under somebody’s hands',
  (touch) => {
    const page = new EventTarget()
    const isUntouched = watchTouches(page)
    page.dispatchEvent(new Event('visibilitychange'))
    expect(isUntouched()).toBe(true)
    page.dispatchEvent(new Event(touch))
    expect(isUntouched()).toBe(false)
  },
)
