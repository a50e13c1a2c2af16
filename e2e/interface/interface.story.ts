import { afterAll, beforeAll, describe } from 'vitest'
import { dialogStories } from './dialogs.suite.ts'
import { composerStories } from './composer.suite.ts'
import { contentStories } from './content.suite.ts'
import { focusStories } from './focus.suite.ts'
import { paletteStories } from './palette.suite.ts'
import { pageStories } from './pages.suite.ts'
import { shareAndExportStories } from './shares-exports.suite.ts'
import { searchStories } from './search.suite.ts'
import { sessionStories } from './sessions.suite.ts'
import { fileStories } from './files.suite.ts'
import { openWorld } from '../support/browser/world.ts'
import type { World } from '../support/browser/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world[Symbol.asyncDispose]())
const getWorld = () => world

// No test of this file asserts a time, so it runs beside the unit tests.
describe('the interface', () => {
  sessionStories(getWorld)
  fileStories(getWorld)
  contentStories(getWorld)
  composerStories(getWorld)
  dialogStories(getWorld)
  searchStories(getWorld)
  shareAndExportStories(getWorld)
  pageStories(getWorld)
  paletteStories(getWorld)
  focusStories(getWorld)
})
