import { expect, test } from 'vitest'
import type { ModelStep } from '../port.ts'
import { chatParameters, chosenFor, responsesParameters } from './parameters.ts'

const tool = { name: 'clock', description: '', inputSchema: { type: 'object' } }
const step: ModelStep = {
  ...{ model: 'm', temperature: 0, maxTokens: 5, systemPrompt: '', messages: [], tools: [tool] },
  parameters: { topP: 0.5, parallelToolCalls: false, toolChoice: { name: 'clock' } },
}

test('each API is told a choice in its own words, and nothing of tools where there are none', () => {
  const common = { top_p: 0.5, parallel_tool_calls: false }
  const chosen = { type: 'function', function: { name: 'clock' } }
  expect(chatParameters(step)).toEqual({ ...common, tool_choice: chosen })
  expect(responsesParameters(step)).toEqual({
    ...common,
    tool_choice: { type: 'function', name: 'clock' },
  })
  expect(chatParameters({ ...step, tools: [] })).toEqual({ top_p: 0.5 })
})

test('a choice is for the first step alone, and none is for all of them', () => {
  expect(chosenFor(0, step)).toBe(step)
  expect(chosenFor(1, step).parameters).toEqual({ topP: 0.5, parallelToolCalls: false })
  const none = chosenFor(1, { ...step, parameters: { toolChoice: 'none' } })
  expect(none.tools).toEqual([])
})
