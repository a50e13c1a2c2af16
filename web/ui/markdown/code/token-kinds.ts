/** The kinds of tokens that have a colour of their own, and `plain`, which has none. */
export const TOKEN_KINDS = [
  'comment',
  'string',
  'number',
  'keyword',
  'call',
  'inserted',
  'deleted',
  'plain',
] as const

export type TokenKind = (typeof TOKEN_KINDS)[number]
