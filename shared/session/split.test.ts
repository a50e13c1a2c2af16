import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ChunkEvent } from '../contract/events.ts'
import { MessageId } from '../contract/ids.ts'
import { newId } from '../contract/new-id.ts'
import { splitChunk } from './split.ts'

const texts = fc.string({
  unit: fc.constantFrom('a', '"', '\u0000', 'é', '語', '😀', '\ud83d', '\ude00'),
})

test('a long text in pieces is the same text, no piece is too long, and none splits a surrogate pair', () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 2, max: 7 }), fc.nat(9), (text, maxLength, offset) => {
      const chunk: ChunkEvent = {
        type: 'chunk',
        messageId: MessageId.parse(newId()),
        part: 0,
        kind: 'text',
        offset,
        text,
      }
      const pieces = splitChunk(chunk, maxLength)
      expect(pieces.map((piece) => piece.text).join('')).toBe(text)
      // A chunk that needs no cut stays one, also without text.
      if (text.length <= maxLength) expect(pieces).toEqual([chunk])
      let at = offset
      for (const piece of pieces) {
        expect(piece.offset).toBe(at)
        expect(piece.text.length).toBeLessThanOrEqual(maxLength)
        at += piece.text.length
        const cut = text.slice(at - offset - 1, at - offset + 1)
        expect(cut.length === 2 && cut.codePointAt(0) !== cut.charCodeAt(0)).toBe(false)
      }
    }),
  )
})
