import type { Refusal } from '../failure/refusals.ts'

/**
 * What is known of OpenAI's own models without asking: it saves the first, failing request. A family that is not known
 * yet is asked with everything, and tells what it does not take.
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
