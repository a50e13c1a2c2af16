/** A message of the protocol. */
export type Message = {
  id?: number | string
  method?: string
  params?: Record<string, unknown>
  result?: unknown
  error?: unknown
}
export type Send = (message: Record<string, unknown>) => void

const object = { type: 'object', properties: {} }
const reads = { readOnlyHint: true }
const tool = (name: string, annotations = {}) => ({ name, inputSchema: object, annotations })

export const form = {
  type: 'object',
  properties: {
    name: { type: 'string', title: 'Name', minLength: 2 },
    seats: { type: 'integer', title: 'Seats', minimum: 1, maximum: 4, default: 2 },
    class: {
      type: 'string',
      title: 'Class',
      enum: ['eco', 'first'],
      enumNames: ['Economy', 'First'],
    },
    quiet: { type: 'boolean', title: 'Quiet car' },
    extras: { type: 'array', title: 'Extras', items: { type: 'string', enum: ['bike', 'meal'] } },
    mail: { type: 'string', title: 'Email', format: 'email' },
  },
  required: ['name', 'seats'],
}

const PROMPT = {
  name: 'review',
  title: 'Review a text',
  description: 'Asks for a review.',
  arguments: [
    { name: 'text', description: 'What to look at', required: true },
    { name: 'tone', required: false },
  ],
}

/** One side of an MCP server that asks people: it does what its tools are called. */
export function askingServer(note: (what: string) => void = () => undefined) {
  const tasks = new Map<string, 'working' | 'completed' | 'cancelled'>()
  let next = 0
  const waiting = new Map<number | string, (reply: unknown) => void>()
  const gone = new Set<unknown>()

  const ask = (send: Send, params: Record<string, unknown>) =>
    new Promise<unknown>((resolve) => {
      const id = `ask-${(next += 1)}`
      waiting.set(id, resolve)
      send({ jsonrpc: '2.0', id, method: 'elicitation/create', params })
    })

  async function call(name: string, id: Message['id'], send: Send) {
    note(name)
    const text = (said: unknown) => ({ content: [{ type: 'text', text: JSON.stringify(said) }] })
    switch (name) {
      case 'book':
      case 'look':
        return text(await ask(send, { message: 'Which seat?', requestedSchema: form }))
      case 'sign': {
        const url = 'https://sign.example/here'
        const params = { mode: 'url', elicitationId: '1', message: 'Please sign.', url }
        return text(await ask(send, params))
      }
      case 'twice': {
        const requestedSchema = { type: 'object', properties: { sure: { type: 'boolean' } } }
        const first = await ask(send, { message: 'Sure?', requestedSchema })
        return text([first, await ask(send, { message: 'Really?', requestedSchema })])
      }
      case 'gate': {
        if (!gone.has('gate')) {
          gone.add('gate')
          const url = 'https://sign.example/gate'
          const data = {
            elicitations: [{ mode: 'url', elicitationId: '2', message: 'First this.', url }],
          }
          send({ jsonrpc: '2.0', id, error: { code: -32_042, message: 'Go there first', data } })
          return null
        }
        return text('open')
      }
      default:
        return text('plain')
    }
  }

  /** @param send answers, and asks, over the stream of this message */
  const isTask = (params: Message['params']) => params?.['task'] !== undefined
  const taskOf = (id: string) => ({
    ...{ taskId: id, status: tasks.get(id), createdAt: new Date().toISOString() },
    ...{ lastUpdatedAt: new Date().toISOString(), ttl: null, pollInterval: 50 },
  })

  async function take(message: Message, send: Send): Promise<void> {
    const { id, method, params } = message
    const answer = (result: unknown) => send({ jsonrpc: '2.0', id, result })
    if (method === undefined && id !== undefined) {
      note(`reply ${JSON.stringify(message.result ?? message.error)}`)
      return waiting.get(id)?.(message.result)
    }
    switch (method) {
      case 'initialize':
        return answer({
          protocolVersion: '2025-11-25',
          capabilities: { tools: {}, prompts: {}, tasks: { requests: { tools: { call: {} } } } },
          serverInfo: { name: 'asking', version: '1' },
        })
      case 'tools/list':
        return answer({
          tools: [
            tool('book'),
            tool('look', reads),
            tool('sign', reads),
            tool('twice', reads),
            tool('gate', reads),
            tool('plain', reads),
            { ...tool('long'), execution: { taskSupport: 'required' } },
          ],
        })
      case 'tools/call': {
        if (isTask(params)) {
          const made = `task-${tasks.size + 1}`
          tasks.set(made, 'working')
          note(`made ${made}`)
          return answer({ task: taskOf(made) })
        }
        const result = await call(String(params?.['name']), id, send)
        return result === null ? undefined : answer(result)
      }
      case 'prompts/list':
        return answer({ prompts: [PROMPT, { title: 'has no name' }] })
      case 'prompts/get': {
        const { text, tone } = (params?.['arguments'] ?? {}) as Record<string, string>
        const content = { type: 'text', text: `Review this${tone ? `, ${tone}` : ''}: ${text}` }
        return answer({ messages: [{ role: 'user', content }] })
      }
      case 'tasks/get':
      case 'tasks/result':
      case 'tasks/cancel': {
        const taskId = String(params?.['taskId'])
        if (!tasks.has(taskId)) {
          const error = { code: -32_602, message: 'Failed to retrieve task' }
          return send({ jsonrpc: '2.0', id, error })
        }
        if (method === 'tasks/cancel') {
          note(`cancelled ${taskId}`)
          tasks.set(taskId, 'cancelled')
        }
        if (method !== 'tasks/result') return answer(taskOf(taskId))
        note(`result ${taskId}`)
        return answer({ content: [{ type: 'text', text: `done ${taskId}` }] })
      }
      case 'ping':
        return answer({})
      default:
        if (id !== undefined) {
          send({ jsonrpc: '2.0', id, error: { code: -32_601, message: 'Not known' } })
        }
    }
  }

  return {
    take,
    /** Completes all tasks that are working. */
    finish: () => {
      for (const [id, status] of tasks) if (status === 'working') tasks.set(id, 'completed')
    },
    /** Deletes all tasks with their results. */
    forget: () => tasks.clear(),
  }
}
