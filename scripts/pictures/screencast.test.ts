import sharp from 'sharp'
import { expect, test } from 'vitest'
import { animatedWebp, paced } from './screencast.ts'

const png = (background: string) =>
  sharp({ create: { width: 4, height: 4, channels: 3, background } })
    .png()
    .toBuffer()

test('frames keep their pace, but those that come too fast, and pauses', async () => {
  const [red, blue] = [await png('red'), await png('blue')]
  const shown = paced([
    { png: red, at: 1_000 },
    { png: blue, at: 1_040 },
    { png: red, at: 1_200 },
    { png: blue, at: 9_000 },
  ])
  expect(shown).toEqual([
    { png: blue, forMs: 200 },
    { png: red, forMs: 700 },
    { png: blue, forMs: 2_500 },
  ])
})

test('pictures become one that moves for ever', async () => {
  const whole = await animatedWebp([
    { png: await png('red'), at: 0 },
    { png: await png('blue'), at: 300 },
  ])
  expect(await sharp(whole).metadata()).toMatchObject({
    ...{ format: 'webp', pages: 2, delay: [300, 2_500], loop: 0, width: 4, height: 4 },
  })
  expect(() => animatedWebp([])).toThrow('needs a frame')
})
