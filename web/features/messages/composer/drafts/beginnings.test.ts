import { expect, test } from 'vitest'
import { Attachments } from '../attachments/attachments.ts'
import { Beginnings } from './beginnings.ts'
import { Drafts } from './drafts.ts'
import { memoryStorage } from '../../testing/memory-storage.ts'

/** Tabs over one storage, each told of what another has stored. */
function openTabs(count: number) {
  const storage = memoryStorage()
  const tabs: { drafts: Drafts; beginnings: Beginnings }[] = []
  let writes = 0
  const open = () => {
    const tell = (key: string) => {
      for (const tab of tabs) if (tab !== own) tab.drafts.reread(key)
    }
    const drafts = new Drafts({
      ...storage,
      setItem: (key, value) => {
        writes += 1
        storage.setItem(key, value)
        tell(key)
      },
      removeItem: (key) => {
        storage.removeItem(key)
        tell(key)
      },
    })
    const attachments = new Attachments(storage, () => ({ cancel: () => {}, leave: () => false }))
    const own = { drafts, beginnings: new Beginnings(drafts, attachments) }
    tabs.push(own)
    return own
  }
  return { storage, open, writes: () => writes, tabs: Array.from({ length: count }, open) }
}

const temporary = { temporary: true }

test('a tab that opens, leaves or sends does not take "temporary" away from another one in which nothing is typed yet', () => {
  const { tabs, open } = openTabs(1)
  const [one] = tabs
  one?.beginnings.set('new', temporary)
  one?.drafts.save()
  const two = open()
  expect(two.beginnings.get('new')).toEqual({})
  two.beginnings.tidy('new')
  two.drafts.set('new', 'A question')
  two.drafts.save()
  expect(one?.beginnings.get('new')).toEqual(temporary)
  two.drafts.take('new')
  two.beginnings.set('new', {})
  expect(one?.beginnings.get('new')).toEqual(temporary)
})

test('what was chosen comes back with what was typed, and goes with it', () => {
  const { tabs, open } = openTabs(1)
  const [one] = tabs
  one?.beginnings.set('new', temporary)
  one?.drafts.set('new', 'Something private')
  one?.drafts.save()
  const reloaded = open()
  reloaded.beginnings.tidy('new')
  expect(reloaded.beginnings.get('new')).toEqual(temporary)
  one?.drafts.set('new', '')
  expect(open().beginnings.get('new')).toEqual({})
  expect(one?.beginnings.get('new')).toEqual(temporary)
})

test('two tabs that chose differently for one text do not overwrite each other without end', () => {
  const { tabs, writes } = openTabs(2)
  const [one, two] = tabs
  one?.beginnings.set('new', temporary)
  two?.beginnings.set('new', { model: 'm' })
  one?.drafts.set('new', 'A question')
  one?.drafts.save()
  expect(two?.drafts.get('new')).toBe('A question')
  expect(one?.beginnings.get('new')).toEqual(temporary)
  expect(two?.beginnings.get('new')).toEqual({ model: 'm' })
  expect(writes()).toBeLessThan(5)
})

test('what was typed for a temporary session stays so when it moves to another box', () => {
  const { storage, tabs } = openTabs(1)
  const [one] = tabs
  one?.drafts.set('project.q', 'Something private')
  one?.beginnings.set('project.q', temporary)
  one?.beginnings.move('project.q', 'new')
  one?.drafts.giveBack('new', one.drafts.take('project.q'))
  one?.drafts.save()
  expect(one?.beginnings.get('new')).toEqual(temporary)
  expect(JSON.parse(storage.items.get('draft.begin.new') ?? '')).toEqual(temporary)
  expect([...storage.items.keys()]).not.toContain('draft.begin.project.q')
})
