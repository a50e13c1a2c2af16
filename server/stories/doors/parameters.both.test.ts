import { describe, expect, test } from 'vitest'
import { onEachStorage } from '../../testing/each-storage.ts'
import { clientOf, weather } from '../../testing/clients/openai-client.ts'
import { startTestApp } from '../../testing/app.ts'

const said = [{ role: 'user' as const, content: 'Hi' }]
const chatWeather = { type: 'function' as const, function: { name: 'get_weather' } }

/** Parameters of OpenAI's API: each has its effect, or is refused by name. */
onEachStorage((database, openStorage) => {
  describe(`parameters of OpenAI's requests, on ${database}`, () => {
    test('that say how the model is asked reach it, by either API', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const client = await clientOf(app)
      const chat = client.chat.completions.create({
        ...{ model: 'default', messages: said, tools: [chatWeather], n: 1, logprobs: false },
        ...{ top_p: 0.5, stop: 'END', seed: 7, frequency_penalty: 1, presence_penalty: -1 },
        ...{ reasoning_effort: 'low', verbosity: 'high', parallel_tool_calls: false },
        ...{ tool_choice: chatWeather, user: 'ada', store: true, metadata: { a: 'b' } },
      })
      const call = await app.model.nextCall()
      expect(call.step.parameters).toEqual({
        ...{ topP: 0.5, stop: ['END'], seed: 7, frequencyPenalty: 1, presencePenalty: -1 },
        ...{ reasoningEffort: 'low', verbosity: 'high', parallelToolCalls: false },
        toolChoice: { name: 'get_weather' },
      })
      call.callTools({ name: 'get_weather', arguments: {} })
      const [choice] = (await chat).choices
      expect(choice?.finish_reason).toBe('tool_calls')
      const called = choice?.message.tool_calls?.[0]
      const more = client.chat.completions.create({
        model: 'default',
        messages: [
          ...said,
          ...(choice ? [choice.message] : []),
          { role: 'tool', tool_call_id: called?.id ?? '', content: 'Rain' },
        ],
      })
      // A forced choice is for the first step only; else the model would call for ever.
      const next = await app.model.nextCall()
      expect(next.step.parameters).toMatchObject({ topP: 0.5 })
      expect(next.step.parameters?.toolChoice).toBeUndefined()
      next.say('Done.')
      next.finish()
      await more

      const asked = client.responses.create({
        ...{ model: 'default', input: 'Hi', tools: [weather], tool_choice: 'required' },
        ...{ top_p: 0.2, reasoning: { effort: 'high' }, text: { verbosity: 'low' } },
        ...{ parallel_tool_calls: false, truncation: 'auto', service_tier: 'auto' },
        include: ['reasoning.encrypted_content'],
      })
      const third = await app.model.nextCall()
      expect(third.step.parameters).toEqual({
        ...{ topP: 0.2, reasoningEffort: 'high', verbosity: 'low', parallelToolCalls: false },
        toolChoice: 'required',
      })
      third.say('Done.')
      third.finish()
      expect(await asked).toMatchObject({
        ...{ top_p: 0.2, reasoning: { effort: 'high' }, tool_choice: 'required' },
        ...{ parallel_tool_calls: false, truncation: 'auto' },
        text: { format: { type: 'text' }, verbosity: 'low' },
      })
    })

    test('that want no calls leave the model without tools, also without the server’s own', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const client = await clientOf(app)
      const none = client.responses.create({
        ...{ model: 'default', input: 'Hi', tools: [weather], tool_choice: 'none' },
      })
      // The scripted model takes a request without tools for one that asks for a title.
      const call = await app.model.nextWriting()
      expect(call.step.tools).toEqual([])
      call.say('Done.')
      call.finish()
      expect((await none).output_text).toBe('Done.')
    })

    test('that would change the answer, and cannot be had, are refused by their names', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { baseURL } = await clientOf(app)
      const ask = async (path: string, body: object) => {
        const response = await fetch(`${baseURL}/${path}`, {
          ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
          body: JSON.stringify({ model: 'default', ...body }),
        })
        const { error } = (await response.json()) as { error?: { param: string; type: string } }
        return [response.status, error?.type, error?.param]
      }
      const refused = (param: string) => [400, 'invalid_request_error', param]
      const wrong: Record<string, object> = {
        prompt: { id: 'pmpt_1' },
        max_tool_calls: { value: 1 },
        top_logprobs: { value: 3 },
        moderation: { model: 'omni' },
        context_management: { value: [{ type: 'compaction' }] },
        include: { value: ['message.output_text.logprobs'] },
        response_format: { type: 'json_object' },
        max_tokens: { value: 5 },
        tool_choice: { type: 'file_search' },
        top_p: { value: 7 },
      }
      for (const [name, given] of Object.entries(wrong)) {
        const value = 'value' in given ? given.value : given
        expect(await ask('responses', { input: 'Hi', [name]: value })).toEqual(refused(name))
      }
      const chat: Record<string, unknown> = {
        ...{ n: 2, logprobs: true, top_logprobs: 2, logit_bias: { 5: 1 }, audio: { voice: 'a' } },
        ...{ modalities: ['text', 'audio'], web_search_options: {}, functions: [{ name: 'a' }] },
        ...{ function_call: 'auto', max_output_tokens: 5, tool_choice: { type: 'custom' } },
      }
      for (const [name, value] of Object.entries(chat)) {
        const body = { messages: said, [name]: value }
        expect(await ask('chat/completions', body)).toEqual(refused(name))
      }
      const other = { type: 'function', function: { name: 'other' } }
      const body = { messages: said, tools: [chatWeather], tool_choice: other }
      expect(await ask('chat/completions', body)).toEqual(refused('tool_choice'))
      const { items } = await app.caller.sessions.list({ archived: true })
      expect(items).toEqual([])
      expect((await app.caller.sessions.list({})).items).toEqual([])
    })
  })
})
