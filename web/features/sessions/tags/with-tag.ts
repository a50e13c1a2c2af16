import { MAX_TAGS } from '../../../../shared/contract/tags.ts'

/**
 * The tags with one more. One that differs in case alone is taken to be the same: nobody wants "Work" beside "work".
 * @param known the tags that other sessions have, whose spelling is kept
 */
export function withTag(
  tags: readonly string[],
  wanted: string,
  known: readonly string[] = [],
): string[] {
  const tag = wanted.trim().replaceAll(/\s+/g, ' ')
  const isSame = (other: string) => other.toLowerCase() === tag.toLowerCase()
  if (tag === '' || tags.some(isSame) || tags.length >= MAX_TAGS) return [...tags]
  return [...tags, known.find(isSame) ?? tag]
}
