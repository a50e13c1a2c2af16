import { expect, test, vi } from 'vitest'
import { Drafts } from './drafts.ts'
import { memoryStorage } from '../../testing/memory-storage.ts'

test('each session has a draft of its own, and it survives a reload', () => {
  const storage = memoryStorage()
  const drafts = new Drafts(storage)
  drafts.set('a', 'one')
  drafts.set('b', 'two')
  drafts.save()
  const reloaded = new Drafts(storage)
  expect([reloaded.get('a'), reloaded.get('b'), reloaded.get('c')]).toEqual(['one', 'two', ''])
})

test('a draft is saved by itself soon after the last key', async () => {
  const storage = memoryStorage()
  new Drafts(storage).set('a', 'typed')
  await vi.waitFor(() => expect([...storage.items.values()]).toEqual(['typed']))
})

test('a sent draft is gone from the box at once, and from storage when it is kept elsewhere (P18)', async () => {
  const storage = memoryStorage()
  const drafts = new Drafts(storage)
  drafts.set('a', 'one')
  expect(drafts.take('a')).toBe('one')
  expect(drafts.get('a')).toBe('')
  const { promise: kept, resolve } = Promise.withResolvers<void>()
  drafts.release('a', kept)
  drafts.save()
  expect(new Drafts(storage).get('a')).toBe('one')
  resolve()
  await vi.waitFor(() => expect(storage.items.size).toBe(0))
})

test('a failed send gives its text back before what was typed since', () => {
  const drafts = new Drafts(memoryStorage())
  drafts.giveBack('a', 'lost', 'Not sent')
  expect(drafts.get('a')).toBe('lost')
  drafts.set('a', 'typed')
  drafts.giveBack('a', 'lost', 'Not sent')
  expect(drafts.get('a')).toBe('lost\n\ntyped')
  expect(drafts.problem('a')).toBe('Not sent')
  drafts.take('a')
  expect(drafts.problem('a')).toBeNull()
})

test('words that were moved into the box are no failed send', () => {
  const drafts = new Drafts(memoryStorage())
  drafts.giveBack('a', 'moved')
  expect(drafts.get('a')).toBe('moved')
  expect(drafts.problem('a')).toBeNull()
})

test('a storage that refuses does not keep anybody from typing', () => {
  const refuse = () => {
    throw new Error('full')
  }
  const drafts = new Drafts({ ...memoryStorage(), setItem: refuse, removeItem: refuse })
  drafts.set('a', 'one')
  drafts.save()
  expect(drafts.get('a')).toBe('one')
})

/** Two tabs, each told of what the other one has stored. */
function twoTabs() {
  const storage = memoryStorage()
  const tabs: Drafts[] = []
  const open = (index: number) => {
    const tell = (key: string) => tabs[1 - index]?.reread(key)
    const told = {
      ...storage,
      setItem: (key: string, value: string) => {
        storage.setItem(key, value)
        tell(key)
      },
      removeItem: (key: string) => {
        storage.removeItem(key)
        tell(key)
      },
    }
    tabs[index] = new Drafts(told)
    return tabs[index]
  }
  return { storage, one: open(0), two: open(1) }
}

test('two tabs with the same box do not overwrite each other’s text', () => {
  const { storage, one, two } = twoTabs()
  expect([one.get('a'), two.get('a')]).toEqual(['', ''])
  one.set('a', 'A long text')
  one.save()
  expect(two.get('a')).toBe('A long text')
  two.set('a', `${two.get('a')} and a word`)
  two.save()
  expect(one.get('a')).toBe('A long text and a word')
  expect(new Drafts(storage).get('a')).toBe('A long text and a word')
})

test('what one tab has sent the other one does not offer once more', async () => {
  const { one, two } = twoTabs()
  one.set('a', 'Once')
  one.save()
  expect(two.get('a')).toBe('Once')
  one.take('a')
  one.release('a', Promise.resolve())
  await vi.waitFor(() => expect(two.get('a')).toBe(''))
})

test('what is being typed here is not lost to another tab, nor where nothing can be stored', () => {
  const { one, two } = twoTabs()
  one.set('a', 'Typing')
  two.set('a', 'Typed there')
  two.save()
  expect(one.get('a')).toBe('Typing')

  const full = () => {
    throw new Error('full')
  }
  const drafts = new Drafts({ ...memoryStorage(), setItem: full })
  drafts.set('a', 'Only here')
  drafts.save()
  drafts.reread(null)
  expect(drafts.get('a')).toBe('Only here')
})

test('who signs out leaves no draft behind, and nothing of anybody else’s is touched', () => {
  const storage = memoryStorage()
  storage.setItem('theme', 'dark')
  const drafts = new Drafts(storage)
  drafts.set('a', 'one')
  drafts.save()
  drafts.set('b', 'two')
  drafts.clear()
  drafts.save()
  expect([drafts.get('a'), drafts.get('b'), [...storage.items.keys()]]).toEqual(['', '', ['theme']])
})
