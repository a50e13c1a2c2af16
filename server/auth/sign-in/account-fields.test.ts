import { expect, test } from 'vitest'
import { boundFields, problemOfFields } from './account-fields.ts'

test('what another site says of somebody is cut to what can be kept and shown', () => {
  const given = { id: 'x', name: `a\0${'b'.repeat(200)}`, image: 'javascript:alert(1)' }
  expect(boundFields(given)).toEqual({ id: 'x', name: `a${'b'.repeat(99)}`, image: null })
  const fine = { name: 'Ada', image: 'https://example.com/ada.png', emailVerified: true }
  expect(boundFields(fine)).toEqual(fine)
  const changed: { name?: string; emailVerified: boolean } = { emailVerified: true }
  expect(boundFields(changed)).toEqual({ emailVerified: true })
})

test('what people write is refused with what is wrong, and everything else is the library’s to judge', () => {
  expect(problemOfFields({ name: 'x'.repeat(101) })).toContain('name')
  expect(problemOfFields({ code: '123\0' })).toContain('U+0000')
  expect(problemOfFields({ name: '', image: null, rememberMe: false, idToken: {} })).toBe(null)
  for (const body of [null, 'text', 7, []]) expect(problemOfFields(body)).toBe(null)
})
