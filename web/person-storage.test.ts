import { expect, test } from 'vitest'
import { PersonStorage } from './person-storage.ts'
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
  adas.own('ada')
  expect([adas.getItem('draft.new'), adas.getItem('prompts')]).toEqual(['typed', '[]'])
  open(unknown, null).own('bob')
  expect(unknown.items.size).toBe(0)
})
