import type { Lookup } from '../../db/queries/sessions/search-lookup.ts'

/** An excerpt of a text, with the places of the words that were searched: offsets in UTF-16 units, `end` exclusive. */
export type Snippet = { snippet: string; highlights: { start: number; end: number }[] }

/** The longest snippet, and the longest part of it before the match, in UTF-16 units. */
const LENGTH = 200
const BEFORE = 50
/** The most places that are compared to choose the best excerpt. */
const MOST_PLACES = 200

/** The excerpt of `text` with the most of the searched words, on one line; its beginning when it has none. */
export function makeSnippet(text: string, lookup: Lookup): Snippet {
  const line = text.replace(/\s+/gu, ' ').trim()
  const places = findPlaces(line, patternOf(lookup))
  const begin = wordStart(line, Math.max(0, bestPlace(places) - BEFORE))
  const end = wordEnd(line, begin + LENGTH)
  const lead = begin > 0 ? '…' : ''
  const shift = lead.length - begin
  return {
    snippet: `${lead}${line.slice(begin, end)}${end < line.length ? '…' : ''}`,
    highlights: places
      .filter((place) => place.start >= begin && place.end <= end)
      .map(({ start, end: stop }) => ({ start: start + shift, end: stop + shift })),
  }
}

type Place = { start: number; end: number; word: string }

function findPlaces(line: string, pattern: RegExp): Place[] {
  return line
    .matchAll(pattern)
    .take(MOST_PLACES)
    .map(({ 0: word, index }) => ({
      start: index,
      end: index + word.length,
      word: word.toLowerCase(),
    }))
    .toArray()
}

/** The beginning of the excerpt with the most different words; of several the shortest, and of those the first. */
function bestPlace(places: readonly Place[]): number {
  let best = { start: 0, words: 0, span: 0 }
  for (const { start } of places) {
    const words = new Set<string>()
    let span = 0
    for (const { word, end } of places) {
      const isNear = end > start && end <= start + LENGTH - BEFORE
      if (isNear && !words.has(word)) {
        words.add(word)
        span = end - start
      }
    }
    if (words.size > best.words || (words.size === best.words && span < best.span)) {
      best = { start, words: words.size, span }
    }
  }
  return best.start
}

function patternOf(lookup: Lookup): RegExp {
  if (lookup.kind === 'part') {
    return new RegExp(RegExp.escape(lookup.part.replace(/\s+/gu, ' ')), 'giu')
  }
  const words = lookup.words
    .toSorted((a, b) => b.word.length - a.word.length)
    .map(({ word, prefix }) => `${RegExp.escape(word)}${prefix ? '' : '(?![\\p{L}\\p{N}])'}`)
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join('|')})`, 'giu')
}

/** The beginning of the next word, if it is near; never within a surrogate pair. */
function wordStart(line: string, at: number): number {
  if (at === 0) {
    return 0
  }
  const space = line.indexOf(' ', at - 1)
  return space >= 0 && space < at + BEFORE / 2 ? space + 1 : at - (isLowSurrogate(line, at) ? 1 : 0)
}

function wordEnd(line: string, at: number): number {
  if (at >= line.length) {
    return line.length
  }
  const space = line.lastIndexOf(' ', at)
  return space > at - BEFORE / 2 ? space : at - (isLowSurrogate(line, at) ? 1 : 0)
}

function isLowSurrogate(line: string, at: number): boolean {
  return (line.charCodeAt(at) & 0xfc00) === 0xdc00
}
