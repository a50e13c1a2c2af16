import type { Refusal } from '../failure/refusals.ts'

/**
 * The parameters that OpenAI's own models are known to refuse; leaving them out saves a first request that fails. An
 * unknown model gets all parameters, and its refusals are learned.
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
