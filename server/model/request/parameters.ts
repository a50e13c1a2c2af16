import type { ModelStep } from '../port.ts'

/**
 * Parameters with the same name in both APIs. A parameter that only one API has is sent to the other too, which refuses
 * it.
 */
function common({ parameters = {}, tools }: ModelStep) {
  const { topP, stop, seed, frequencyPenalty, presencePenalty, parallelToolCalls } = parameters
  return {
    ...(topP !== undefined && { top_p: topP }),
    ...(stop !== undefined && { stop }),
    ...(seed !== undefined && { seed }),
    ...(frequencyPenalty !== undefined && { frequency_penalty: frequencyPenalty }),
    ...(presencePenalty !== undefined && { presence_penalty: presencePenalty }),
    ...(parallelToolCalls !== undefined &&
      tools.length > 0 && { parallel_tool_calls: parallelToolCalls }),
  }
}

/** The fields of a Chat Completions request for a step's parameters. */
export function chatParameters(step: ModelStep): object {
  const { reasoningEffort, verbosity } = step.parameters ?? {}
  const choice = choiceOf(step)
  return {
    ...common(step),
    ...(reasoningEffort !== undefined && { reasoning_effort: reasoningEffort }),
    ...(verbosity !== undefined && { verbosity }),
    ...(choice !== null && {
      tool_choice:
        choice === 'required' ? choice : { type: 'function', function: { name: choice.name } },
    }),
  }
}

/** The fields of a Responses request, in which reasoning and verbosity are parts of other fields. */
export function responsesParameters(step: ModelStep): object {
  const choice = choiceOf(step)
  return {
    ...common(step),
    ...(choice !== null && {
      tool_choice: choice === 'required' ? choice : { type: 'function', name: choice.name },
    }),
  }
}

function choiceOf({ parameters, tools }: ModelStep): 'required' | { name: string } | null {
  const choice = parameters?.toolChoice
  if (choice === undefined || choice === 'none' || tools.length === 0) return null
  return choice
}

/** The step with its choice of tools: without tools if none are wanted; a forced choice is for the first step only. */
export function chosenFor<Step extends Pick<ModelStep, 'parameters' | 'tools'>>(
  number: number,
  step: Step,
): Step {
  const { toolChoice, ...parameters } = step.parameters ?? {}
  if (toolChoice === undefined) return step
  if (toolChoice === 'none') return { ...step, tools: [] }
  return number === 0 ? step : { ...step, parameters }
}
