import { basePath } from '../base-path.ts'
import { directionOf } from './languages.ts'
import type { Language } from './languages.ts'
import { PUSH_TEXTS } from './push-texts-place.ts'
import type { PushTexts } from './push-texts-place.ts'
import { t } from './t.ts'

/** Keeps the texts in the language of now. */
export async function keepPushTexts(lang: Language): Promise<void> {
  const texts: PushTexts = {
    done: t('The answer is there.'),
    waits: t('A tool waits for you.'),
    lang,
    dir: directionOf(lang),
  }
  try {
    const cache = await caches.open(PUSH_TEXTS.cache + basePath)
    await cache.put(basePath + PUSH_TEXTS.path, Response.json(texts))
  } catch {
    // Without this storage there is no worker either, or it speaks English.
  }
}
