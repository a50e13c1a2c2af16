import type { Refusal } from '../failure/refusals.ts'

/**
 * The parameters that OpenAI's own models are known to refuse, which saves the first, failing request. An unknown family
 * is sent all parameters, and refuses those that it does not accept.
 */
export function knownRefusals(kind: 'demo' | 'openai' | 'compatible', model: string): Refusal[] {
  if (kind !== 'openai') return ['reasoning-summary']
  return FAMILIES.find(({ named }) => named.test(model))?.refuses ?? []
}

const FAMILIES: { named: RegExp; refuses: Refusal[] }[] = [
  {
    named: /^(ft:)?(gpt-[34]|chatgpt|gpt-.*chat)/,
    refuses: ['encrypted-reasoning', 'reasoning-summary'],
  },
  { named: /^(ft:)?(o\d|gpt-5|codex)/, refuses: ['temperature'] },
]
