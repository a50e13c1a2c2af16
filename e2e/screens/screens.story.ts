import { afterAll, beforeAll, describe } from 'vitest'
import { accessibilityStories } from './accessibility.suite.ts'
import { languageStories } from './languages.suite.ts'
import { screenStories } from './screens.suite.ts'
import { steadyStories } from './steady.suite.ts'
import { comfortStories } from './comfort.suite.ts'
import { safeContentStories } from './safe-content.suite.ts'
import { typingStories } from './typing.suite.ts'
import { tagStories } from './tags.suite.ts'
import { openWorld } from '../support/browser/world.ts'
import type { World } from '../support/browser/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world[Symbol.asyncDispose]())
const getWorld = () => world

// No test of this file asserts a time, so it runs beside the unit tests.
describe('the screens', () => {
  accessibilityStories(getWorld)
  screenStories(getWorld)
  languageStories(getWorld)
  tagStories(getWorld)
  steadyStories(getWorld)
  typingStories(getWorld)
  safeContentStories(getWorld)
  comfortStories(getWorld)
})
