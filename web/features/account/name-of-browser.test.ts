import { expect, test } from 'vitest'
import { nameOfBrowser } from './name-of-browser.ts'

test('a browser is named as people know it, although most claim to be several', () => {
  const edge =
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0'
  const phone =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1'
  expect([nameOfBrowser(edge), nameOfBrowser(phone)]).toEqual(['Edge on Windows', 'Safari on iOS'])
  expect([nameOfBrowser('curl/8.5.0'), nameOfBrowser(null)]).toEqual(['curl/8.5.0', 'A program'])
})
