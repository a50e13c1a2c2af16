import { expect, test } from 'vitest'
import { PersonStorage } from './person-storage.ts'
import { Drafts } from './features/messages/composer/drafts/drafts.ts'
import { memoryStorage } from './features/messages/testing/memory-storage.ts'

const open = (storage: ReturnType<typeof memoryStorage>, owner: string | null) =>
  new PersonStorage(storage, 'throughline', owner)

test('what one person typed is neither shown to the next who signs in nor kept, also when the page was closed in between', () => {
  const storage = memoryStorage()
  storage.setItem('throughline.theme', 'dark')
  open(storage, 'ada').setItem('draft.new', 'of Ada')
  const bobs = open(storage, null)
  expect(bobs.getItem('draft.new')).toBeNull()
  bobs.own('bob')
  expect(bobs.getItem('draft.new')).toBeNull()
  expect([...storage.items.keys()]).toEqual(['throughline.theme'])
})

test('a tab whose person has left removes nothing of the person who is here now, and writes nothing more', () => {
  const storage = memoryStorage()
  const [adas, other] = [open(storage, 'ada'), open(storage, 'ada')]
  adas.setItem('draft.new', 'of Ada')
  adas.forget()
  expect(() => other.setItem('draft.new', 'late')).toThrow('owner-left')
  const bobs = open(storage, null)
  bobs.own('bob')
  bobs.setItem('draft.new', 'of Bob')
  other.forget()
  expect(bobs.getItem('draft.new')).toBe('of Bob')
})

test('who comes back after signing out can keep things again', () => {
  const storage = memoryStorage()
  open(storage, 'ada').forget()
  const again = open(storage, null)
  again.own('ada')
  again.setItem('draft.new', 'back')
  expect(open(storage, 'ada').getItem('draft.new')).toBe('back')
})

test('a guest who makes an account takes along what was typed', () => {
  const storage = memoryStorage()
  const guests = open(storage, 'guest')
  guests.setItem('draft.new', 'half a thought')
  guests.handOver('dora')
  expect(guests.getItem('draft.new')).toBe('half a thought')
  expect(open(storage, 'guest').length).toBe(0)
  const later = open(storage, 'dora')
  later.own('dora')
  expect(later.getItem('draft.new')).toBe('half a thought')
})

test('nothing is kept while nobody is known, and who becomes known is told of', () => {
  const storage = memoryStorage()
  const own = open(storage, null)
  let told = 0
  own.onOwner(() => (told += 1))
  expect(() => own.setItem('draft.new', 'early')).toThrow('no-owner')
  expect(storage.items.size).toBe(0)
  own.own('ada')
  own.own('ada')
  expect(told).toBe(1)
})

test('what an earlier version kept without an owner is theirs who was known already, and else nobody’s', () => {
  const before = (): ReturnType<typeof memoryStorage> => {
    const storage = memoryStorage()
    storage.setItem('throughline.draft.new', 'typed')
    storage.setItem('throughline.prompts', '[]')
    return storage
  }
  const [known, unknown] = [before(), before()]
  const adas = open(known, 'ada')
  // Before the server has said who is here, which is when the page is drawn.
  const drafts = new Drafts(adas)
  expect(drafts.get('new')).toBe('typed')
  drafts.set('new', 'typed on')
  adas.own('ada')
  expect(drafts.get('new')).toBe('typed on')
  expect([adas.getItem('draft.new'), adas.getItem('prompts')]).toEqual(['typed', '[]'])
  open(unknown, null).own('bob')
  expect(unknown.items.size).toBe(0)
})

test('what an earlier version kept comes before what is kept now, and stays where there is no room to move it', () => {
  const storage = memoryStorage()
  storage.setItem('throughline.draft.new', 'before')
  storage.setItem('throughline.files.new', '[{"id":"1"}]')
  storage.setItem('throughline.of.ada.draft.new', 'now')
  storage.setItem('throughline.of.ada.files.new', '[{"id":"2"}]')
  const adas = open(storage, 'ada')
  expect(adas.getItem('draft.new')).toBe('before\n\nnow')
  expect(adas.getItem('files.new')).toBe('[{"id":"1"},{"id":"2"}]')

  const full = memoryStorage()
  full.setItem('throughline.draft.new', 'typed')
  const { setItem } = full
  full.setItem = (key, value) => {
    if (key.includes('.of.')) throw new Error('full')
    setItem(key, value)
  }
  open(full, 'ada').own('ada')
  expect([...full.items]).toEqual([['throughline.draft.new', 'typed']])
})

test('what is typed before it is known who is here is added to what this person had typed before', () => {
  const storage = memoryStorage()
  open(storage, 'ada').setItem('draft.new', 'A long text')
  open(storage, 'ada').setItem('draft.old', 'Kept')
  const adas = open(storage, null)
  const drafts = new Drafts(adas)
  adas.onOwner(() => drafts.ownerKnown())
  expect([drafts.get('new'), drafts.get('old')]).toEqual(['', ''])
  drafts.set('new', 'and a word')
  drafts.set('old', 'emptied')
  drafts.set('old', '')
  adas.own('ada')
  expect([drafts.get('new'), drafts.get('old')]).toEqual(['A long text\n\nand a word', 'Kept'])
  drafts.save()
  expect(adas.getItem('draft.new')).toBe('A long text\n\nand a word')
})

test('what is sent before it is known who is here takes nothing of what this person had typed before', async () => {
  const storage = memoryStorage()
  open(storage, 'ada').setItem('draft.new', 'A long text')
  const adas = open(storage, null)
  const drafts = new Drafts(adas)
  adas.onOwner(() => drafts.ownerKnown())
  drafts.set('new', 'Sent')
  expect(drafts.take('new')).toBe('Sent')
  const kept = Promise.withResolvers<void>()
  drafts.release('new', kept.promise)
  adas.own('ada')
  kept.resolve()
  await kept.promise
  drafts.save()
  expect(drafts.get('new')).toBe('A long text')
  expect(adas.getItem('draft.new')).toBe('A long text')
})
