import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { ToolCard } from './tool-card.tsx'

test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
  'a call of a tool named %s has a card as any other',
  (name) => {
    const html = renderToStaticMarkup(
      <ToolCard
        // A name that is in none of the types.
        call={call(name) as never}
      />,
    )
    expect(html).toContain(`Tool ${name}`)
    expect(html).toContain('done')
  },
)

function call(name: string) {
  return {
    id: '1',
    name,
    source: 'mcp:odd',
    effect: 'read',
    input: {},
    output: 'done',
    status: 'completed',
  }
}
