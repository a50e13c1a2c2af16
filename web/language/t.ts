// Every sentence of the interface goes through here: in English where it is used, which is also its key in the catalogues
// of the other languages (docs/web-app.md). Placeholders and plurals are ICU MessageFormat.

import { setupI18n } from '@lingui/core'
import type catalogue from './catalogues/de.json'

/** A sentence that the catalogues have; that they all have the same ones is for a test to see. */
export type Sentence = keyof typeof catalogue

type Values<S> = S extends `${string}{${string}`
  ? [values: Readonly<Record<string, string | number>>]
  : []

export const i18n = setupI18n({ locale: 'en', locales: ['en'], messages: { en: {} } })

// A build compiles sentences with placeholders (scripts/language/compile.ts); the others are plain text.
if (import.meta.env?.PROD) i18n.setMessagesCompiler((text) => [text])

/**
 * A sentence in the language of the interface. It is drawn anew in another language with the component that shows it.
 * @param sentence literally, so that it is found in the source; or one that was marked
 */
export function t<S extends Sentence>(sentence: S | Marked<S>, ...[values]: Values<S>): string {
  return i18n._(sentence as string, values)
}

declare const marked: unique symbol

/** A sentence of a table. It cannot be shown as it is: only `t` says it. */
export type Marked<S extends Sentence = Sentence> = { readonly [marked]: S }

/** Marks a sentence of a table, which `t` says later. */
export function msg<S extends Sentence>(sentence: S): Marked<S> {
  return sentence as unknown as Marked<S>
}

/** The English text of a marked sentence without placeholders, for readers of English only: servers, the demo model. */
export function inEnglish(sentence: Marked): string {
  return sentence as unknown as string
}
