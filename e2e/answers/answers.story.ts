import { afterAll, beforeAll, describe } from 'vitest'
import { answerStories } from './answers.suite.ts'
import { branchStories } from './branches.suite.ts'
import { failureStories } from './failures.suite.ts'
import { longAnswerStories } from './long-answer.suite.ts'
import { modelStories } from './models.suite.ts'
import { networkStories } from './network.suite.ts'
import { reasoningStories } from './reasoning.suite.ts'
import { openWorld } from '../support/browser/world.ts'
import type { World } from '../support/browser/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world[Symbol.asyncDispose]())
const getWorld = () => world

// These tests mostly wait, so they run concurrently.
describe.concurrent('in the browser', () => {
  networkStories(getWorld)
  failureStories(getWorld)
  answerStories(getWorld)
  branchStories(getWorld)
  reasoningStories(getWorld)
  modelStories(getWorld)
  longAnswerStories(getWorld)
})
