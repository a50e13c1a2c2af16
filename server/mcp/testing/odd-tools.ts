const object = { type: 'object', properties: {} }
const deep = { type: 'object' }
let inner: Record<string, unknown> = deep
for (let depth = 0; depth < 1_500; depth += 1) {
  const next: Record<string, unknown> = {}
  inner['not'] = next
  inner = next
}
/** Definitions that are none, or can be mended, beside one that is good. */
export const oddTools = [
  null,
  'text',
  { name: 'no_schema' },
  { name: 5, inputSchema: object },
  { name: 'no_object', inputSchema: { type: 'string' } },
  { name: 'bad_type', inputSchema: { type: 'object', properties: { a: { type: 'objekt' } } } },
  { name: 'bad_properties', inputSchema: { type: 'object', properties: 5 } },
  { name: 'too_long', inputSchema: { ...object, description: 'x'.repeat(40_000) } },
  { name: 'deep', inputSchema: deep },
  { name: 'a tool.with odd/characters', description: 7, inputSchema: object, annotations: 'none' },
  { name: 'good', inputSchema: { $schema: 'urn:nobody-knows', ...object, pattern: '(a+)+$' } },
  { name: 'good', description: 'The same name again.', inputSchema: object },
]
