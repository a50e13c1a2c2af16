import { expect, test } from 'vitest'
import { bestLanguage, directionOf, regionalTag } from './languages.ts'

test('the interface has the first language of the browser that it knows', () => {
  expect(bestLanguage(['de-AT', 'en'])).toBe('de')
  expect(bestLanguage(['nl', 'fr-CA', 'de'])).toBe('fr')
  expect(bestLanguage(['ZH-hant', 'JA'])).toBe('ja')
  expect(bestLanguage(['nl'])).toBe('en')
  expect(bestLanguage([])).toBe('en')
})

test('dates and numbers are written as in the region that the browser names', () => {
  expect(regionalTag('de', ['en-GB', 'de-CH'])).toBe('de-CH')
  expect(regionalTag('en', ['en-GB', 'en-US'])).toBe('en-GB')
  expect(regionalTag('es', ['en-GB'])).toBe('es')
})

test('Arabic is read from the right', () => {
  expect(directionOf('ar')).toBe('rtl')
  expect(directionOf('ja')).toBe('ltr')
})
