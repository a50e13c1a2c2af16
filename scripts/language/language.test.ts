import { readFileSync } from 'node:fs'
import { parse } from '@messageformat/parser'
import type { Token } from '@messageformat/parser'
import { describe, expect, test } from 'vitest'
import { languages } from '../../web/language/languages.ts'
import { compiledCatalogue, compiledSource } from './compile.ts'
import { sentencesOf, sentencesOfTheApp } from './sentences.ts'

const { used, bare } = sentencesOfTheApp()
const sentences = new Set(used.map(({ sentence }) => sentence))
const others = Object.keys(languages).filter((language) => language !== 'en')

test('every word that people read comes from a catalogue', () => {
  expect(sentences.size).toBeGreaterThan(700)
  expect(bare).toEqual([])
})

test('words that are not in a catalogue are found, wherever people would read them', () => {
  const found = (code: string) => sentencesOf(code, 'a.tsx').bare.length
  expect(found('<p>Hello</p>')).toBe(1)
  expect(found('<p>{isOpen ? "Open" : t("Closed")}</p>')).toBe(1)
  expect(found('<p>{`${count} files`}</p>')).toBe(1)
  expect(found('<input placeholder="Your name" />')).toBe(1)
  expect(found('<Row aria-label={name ?? "Nobody"} />')).toBe(1)
  expect(found('const options = [{ value: "a", label: "All of them" }]')).toBe(1)
  expect(found('throw new Error("This file is no picture.")')).toBe(1)
  expect(found('const said = `Nothing found for ${typed}`')).toBe(1)
  expect(found('const words = msg(isOpen ? "Open" : "Closed")')).toBe(1)
  expect(found('<p className="text-sm" title={t("Here")}>{count} · {t("There")}</p>')).toBe(0)
})

test('each sentence is given the values that it names', () => {
  for (const { sentence, place, values } of used) {
    if (values) {
      expect({ place, values: values.toSorted() }).toEqual({ place, values: namesIn(sentence) })
    }
  }
})

describe.each(others)('the catalogue of %s', (language) => {
  const catalogue = read(language)
  const counts = countsOf(language)

  test('has every sentence, and no other', () => {
    expect(Object.keys(catalogue)).toEqual([...sentences].toSorted())
    for (const [sentence, translation] of Object.entries(catalogue)) {
      expect(translation.trim(), sentence).not.toBe('')
      // A space at the end matters where a person types on behind it.
      expect(translation.endsWith(' '), sentence).toBe(sentence.endsWith(' '))
    }
  })

  test('has the same placeholders and elements', () => {
    for (const [sentence, translation] of Object.entries(catalogue)) {
      const names = namesIn(translation)
      expect({ sentence, names }).toEqual({ sentence, names: namesIn(sentence) })
      const tags = tagsIn(translation)
      expect({ sentence, tags }).toEqual({ sentence, tags: tagsIn(sentence) })
    }
  })

  test('has the plural forms of its language', () => {
    for (const translation of Object.values(catalogue)) {
      for (const forms of pluralsIn(parse(translation))) {
        expect({ translation, forms }).toEqual({ translation, forms: counts })
      }
    }
  })
})

test('Arabic counts in six forms', () => {
  expect(countsOf('ar')).toEqual(['few', 'many', 'one', 'other', 'two', 'zero'])
})

test('a build has no text to parse: sentences with placeholders are compiled, and others stay', () => {
  const source =
    "const a = t('Close')\nconst b = t('{count, plural, one {# tool} other {# tools}}', { count })"
  const compiled = compiledSource(source, 'a.ts')
  expect(compiled).toContain("t('Close')")
  const [, id] = /"id":"([\w-]+)"/.exec(compiled) ?? []
  expect(compiled).toContain('"message":[["count","plural",')
  const catalogue = compiledCatalogue({
    Close: 'Schließen',
    '{count, plural, one {# tool} other {# tools}}':
      '{count, plural, one {# Werkzeug} other {# Werkzeuge}}',
  })
  expect(Object.keys(catalogue)).toEqual(['Close', id])
})

function read(language: string): Record<string, string> {
  const file = new URL(`../../web/language/catalogues/${language}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** The plural forms for the numbers that occur in the app; no sentence needs those of millions. */
function countsOf(language: string): string[] {
  const rules = new Intl.PluralRules(language)
  return [...new Set(Array.from({ length: 10_000 }, (_, count) => rules.select(count)))].toSorted()
}

function namesIn(sentence: string): string[] {
  const names = (tokens: readonly Token[]): string[] =>
    tokens.flatMap((token) => {
      if (token.type === 'content' || token.type === 'octothorpe') return []
      const inside = 'cases' in token ? token.cases.flatMap((one) => names(one.tokens)) : []
      return [token.arg, ...inside]
    })
  return [...new Set(names(parse(sentence)))].toSorted()
}

function tagsIn(sentence: string): string[] {
  return [...sentence.matchAll(/<\/?\d>/g)].map(([tag]) => tag).toSorted()
}

function pluralsIn(tokens: readonly Token[]): string[][] {
  return tokens.flatMap((token) =>
    token.type === 'plural' ? [token.cases.map(({ key }) => key).toSorted()] : [],
  )
}
