import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { ToolCard } from './tool-card.tsx'

test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
  'a call of a tool named %s has a card as any other',
  (name) => {
    const html = renderToStaticMarkup(
      <ToolCard
        call={{
          id: '1',
          name,
          source: 'mcp:odd',
          effect: 'read',
          input: {},
          output: 'done',
          status: 'completed',
        }}
      />,
    )
    expect(html).toContain(`Tool ${name}`)
    expect(html).toContain('done')
  },
)
