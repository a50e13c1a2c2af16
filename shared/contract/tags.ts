/** The most tags of one session, and the longest in UTF-16 units. */
export const MAX_TAGS = 20
export const MAX_TAG_LENGTH = 40
