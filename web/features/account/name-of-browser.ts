import { t } from '../../language/t.ts'

// In this order: most browsers also name those that they descend from.
const browsers = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
] as const
const systems = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/Mac OS X/, 'macOS'],
  [/Windows/, 'Windows'],
  [/Linux/, 'Linux'],
] as const

/** A browser's own description in words; a program's as it is. */
export function nameOfBrowser(userAgent: string | null): string {
  if (userAgent === null || userAgent === '') return t('A program')
  const [, browser] = browsers.find(([sign]) => sign.test(userAgent)) ?? []
  const [, system] = systems.find(([sign]) => sign.test(userAgent)) ?? []
  if (browser === undefined) return userAgent
  return system === undefined ? browser : t('{browser} on {system}', { browser, system })
}
