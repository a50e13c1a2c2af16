import { z } from 'zod'
import { noNul } from '../../../shared/contract/storable.ts'

/** The longest name of a person, also in links that make accounts. */
const NAME = 100
const IMAGE = 2_048

const text = z.string().check(noNul)

/** Limits of the fields of an account for which the sign-in library has none. */
const Fields = z.looseObject({
  name: text.max(NAME).optional(),
  // RFC 5321, section 4.5.3.1.3
  email: text.max(254).optional(),
  image: z
    .url({ protocol: /^https$/ })
    .max(IMAGE)
    .nullish(),
})

/** The reason to refuse the body of a request to the library; null when it is valid. */
export function problemOfFields(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null
  const read = Fields.safeParse(body)
  if (!read.success) return z.prettifyError(read.error)
  const hasNul = Object.values(body).some(
    (value) => typeof value === 'string' && value.includes('\0'),
  )
  return hasNul ? 'No field may contain the character U+0000.' : null
}

/** Another site's data about a person, limited so that it can be stored and shown. */
export function boundFields<Given extends { name?: unknown; image?: unknown }>(
  given: Given,
): Given {
  const bounded = { ...given }
  if (typeof given.name === 'string') bounded.name = given.name.replaceAll('\0', '').slice(0, NAME)
  if (!Fields.shape.image.safeParse(given.image).success) bounded.image = null
  return bounded
}
