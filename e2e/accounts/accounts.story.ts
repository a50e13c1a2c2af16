import { afterAll, beforeAll, describe } from 'vitest'
import { administrationStories } from './administration.suite.ts'
import { ownAccountStories } from './own-account.suite.ts'
import { signInStories } from './sign-in.suite.ts'
import { openAccountsWorld } from '../support/browser/accounts-world.ts'
import type { AccountsWorld } from '../support/browser/accounts-world.ts'

let world: AccountsWorld
beforeAll(async () => {
  world = await openAccountsWorld()
})
afterAll(() => world[Symbol.asyncDispose]())
const getWorld = () => world

describe('with accounts', () => {
  signInStories(getWorld)
  ownAccountStories(getWorld)
  administrationStories(getWorld)
})
