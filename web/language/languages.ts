/** The languages of the interface, by their own names. English stands in the sources, the others in catalogues. */
export const languages = {
  en: 'English',
  de: 'Deutsch',
  es: 'Español',
  fr: 'Français',
  ja: '日本語',
  ar: 'العربية',
} as const

export type Language = keyof typeof languages

/** Written from right to left. */
const rightToLeft: readonly Language[] = ['ar']

export function directionOf(language: Language): 'ltr' | 'rtl' {
  return rightToLeft.includes(language) ? 'rtl' : 'ltr'
}

export function isLanguage(value: unknown): value is Language {
  return typeof value === 'string' && Object.hasOwn(languages, value)
}

/** The first language that a person reads and the interface has; English where there is none. */
export function bestLanguage(wanted: readonly string[]): Language {
  return wanted.map(primary).find(isLanguage) ?? 'en'
}

/** The BCP 47 tag by which dates and numbers are formatted: with the browser's region, where it names one. */
export function regionalTag(language: Language, wanted: readonly string[]): string {
  return wanted.find((tag) => primary(tag) === language) ?? language
}

function primary(tag: string): string {
  return tag.toLowerCase().split('-')[0] ?? tag
}
