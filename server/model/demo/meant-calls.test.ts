import { expect, test } from 'vitest'
import { meantCalls } from './meant-calls.ts'

test.each([
  ['What time is it?', {}],
  ['what time is it in Berlin', { time_zone: 'Europe/Berlin' }],
  ['What is the time in America/New_York right now?', { time_zone: 'America/New_York' }],
  ['What time is it in New York?', { time_zone: 'America/New_York' }],
  ['What time is it in Atlantis?', {}],
  ["What's the date today?", {}],
  ['What day is it?', {}],
  ["Tell me today's date", {}],
])('"%s" asks for the time', (text, input) => {
  expect(meantCalls(text)).toMatchObject([{ name: 'current_time', input }])
})

test.each([
  ['Search my sessions for quays', 'quays'],
  ['Please search all conversations for "the grey heron".', 'the grey heron'],
])('"%s" looks through the sessions', (text, query) => {
  expect(meantCalls(text)).toMatchObject([{ name: 'search_sessions', input: { query } }])
})

test.each([
  'It is time to go',
  'What is the time complexity of quicksort?',
  'Write about the day the sessions ended',
  'Search the web for quays',
])('"%s" is only talk', (text) => {
  expect(meantCalls(text)).toEqual([])
})
