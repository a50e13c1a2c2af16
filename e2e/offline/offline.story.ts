import { afterAll, beforeAll, describe } from 'vitest'
import { attentionStories } from './attention.suite.ts'
import { deviceStories } from './device.suite.ts'
import { outboxStories } from './outbox.suite.ts'
import { pushStories } from './push.suite.ts'
import { openWorld } from '../support/browser/world.ts'
import type { World } from '../support/browser/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world[Symbol.asyncDispose]())
const getWorld = () => world

// These tests mostly wait, so they run concurrently.
describe.concurrent('without a connection', () => {
  attentionStories(getWorld)
  outboxStories(getWorld)
  deviceStories(getWorld)
  pushStories(getWorld)
})
