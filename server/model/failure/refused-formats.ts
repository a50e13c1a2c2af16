import type { ProviderFault } from './provider-fault.ts'
import type { Asked, Refusal } from './refusals.ts'

const ABOUT =
  /response_?format|text\.format|json_?schema|json_object|response[ _](?:format|schema|mime type)|structured output|json mode|output_(?:format|config)|grammar/i
/** Words about this schema only, so that another schema may be accepted. */
const OF_THIS_SCHEMA =
  /invalid schema|invalid json schema|additionalProperties|grammar|schema (?:conversion|is (?:invalid|too)|contains|has|with)|unknown name|json_?schema\.schema|unsupported (?:keyword|schema)|in context=|nesting|\$ref/i

/** The next form in which to ask for JSON, after the provider refused the one that was sent. */
export function refusedFormat(
  { message, param }: ProviderFault,
  { format, refused }: Pick<Asked, 'format' | 'refused'>,
): Refusal | null {
  if (!format || !(ABOUT.test(param) || ABOUT.test(message))) return null
  if (format.type === 'json_object') return 'json-object'
  const { refusal } = format
  const isOfThis = /schema$/i.test(param) || OF_THIS_SCHEMA.test(message)
  if (isOfThis && !refused.has(refusal)) return refusal
  return refused.has('json-schema') ? 'output-format' : 'json-schema'
}
