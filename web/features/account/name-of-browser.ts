import { t } from '../../language/t.ts'

// The order matters: most browsers also name the browsers that they descend from.
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

/** The name of a browser by its user agent; another program's user agent is returned unchanged. */
export function nameOfBrowser(userAgent: string | null): string {
  if (userAgent === null || userAgent === '') return t('A program')
  const [, browser] = browsers.find(([sign]) => sign.test(userAgent)) ?? []
  const [, system] = systems.find(([sign]) => sign.test(userAgent)) ?? []
  if (browser === undefined) return userAgent
  return system === undefined ? browser : t('{browser} on {system}', { browser, system })
}
