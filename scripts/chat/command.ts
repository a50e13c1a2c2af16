/** A parsed input line. */
export type Command =
  | { type: 'say'; text: string }
  | { type: 'list' }
  | { type: 'open'; which: string }
  | { type: 'new' }
  | { type: 'approve' }
  | { type: 'deny'; reason: string }
  | { type: 'stop' }
  | { type: 'help' }
  | { type: 'quit' }
  | { type: 'nothing' }
  | { type: 'unknown'; name: string }

export const HELP = `  /list           the newest conversations
  /open N         one of them, by its number in the list or by its id
  /new            a new conversation
  /approve        let the tool that waits do what it asks for
  /deny [why]     do not let it
  /stop           end the answer, as Ctrl-C does
  /quit           leave; also Ctrl-C twice, or the end of the input
Anything else is said to the model; begin with // to say something that begins with /.`

export function parseCommand(line: string): Command {
  const text = line.trim()
  if (text === '') return { type: 'nothing' }
  if (text.startsWith('//')) return { type: 'say', text: text.slice(1) }
  if (!text.startsWith('/')) return { type: 'say', text }
  const [name = ''] = text.slice(1).split(/\s/, 1)
  const rest = text.slice(1 + name.length).trim()
  switch (name) {
    case 'list':
    case 'new':
    case 'approve':
    case 'stop':
    case 'help':
    case 'quit':
      return { type: name }
    case 'open':
      return { type: 'open', which: rest }
    case 'deny':
      return { type: 'deny', reason: rest }
    default:
      return { type: 'unknown', name }
  }
}
