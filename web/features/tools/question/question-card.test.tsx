import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import type { AppToolCall } from '../../../../shared/client/index.ts'
import { CallId } from '../../../../shared/contract/ids.ts'
import { QuestionForm } from '../../../../shared/contract/question.ts'
import type { Question } from '../../../../shared/contract/question.ts'
import { QuestionCard } from './question-card.tsx'
import { firstValues, keptValues, readFields } from './read-fields.ts'

const form = QuestionForm.parse({
  type: 'object',
  properties: {
    name: { type: 'string', title: 'Name', minLength: 2 },
    seats: { type: 'integer', title: 'Seats', minimum: 1, maximum: 4, default: 2 },
    class: { type: 'string', enum: ['eco', 'first'], enumNames: ['Economy', 'First'] },
    quiet: { type: 'boolean', title: 'Quiet car' },
    extras: { type: 'array', items: { type: 'string', enum: ['bike', 'meal'] } },
    mail: { type: 'string', title: 'Email', format: 'email' },
  },
  required: ['name', 'seats'],
})
const id = '00000000-0000-4000-8000-000000000001'
const call: AppToolCall = {
  ...{ id: CallId.parse(id), name: 'rail__book', source: 'mcp:rail' },
  ...{ effect: 'once', status: 'running', input: {} },
}
const common = { id, message: 'Which <seat>?', until: '2026-01-01T00:00:00.000Z' }

const render = (question: Question, problem: string | null = null) =>
  renderToStaticMarkup(
    <QuestionCard
      {...{ call, question, problem }}
      values={question.mode === 'form' ? firstValues(question.form) : {}}
      isSent={false}
      onChange={() => {}}
      onReply={() => {}}
    />,
  )

test('a question says who asks and what, with a field for each thing, its default, and what is optional', () => {
  const html = render({ ...common, mode: 'form', form })
  expect(html).toContain('The server rail asks you')
  expect(html).toContain('Which &lt;seat&gt;?')
  expect(html.match(/<label[^>]*>Name<\/label>/)).not.toBeNull()
  expect(html).toContain('value="2"')
  expect(html).toContain('<option value="eco">Economy</option>')
  expect(html).toContain('type="email"')
  expect(html.match(/type="checkbox"/g)).toHaveLength(3)
  expect(html.match(/\(optional\)/g)).toHaveLength(3)
  expect(html.match(/aria-required="true"/g)).toHaveLength(2)
})

test('a question by a page shows its whole address, and opens it apart', () => {
  const url = 'https://sign.example/here?x=1'
  const html = render({ ...common, mode: 'url', url }, 'it broke')
  expect(html).toContain('Open sign.example')
  expect(html).toContain(`<bdi>${url}</bdi> Check`)
  expect(html).toContain('rel="noopener noreferrer"')
  expect(html).toContain('Your answer was not saved: it broke')
})

test('what was written in a form is there again when its card is drawn anew, and nothing that does not fit', () => {
  const first = firstValues(form)
  expect(keptValues(form, '')).toEqual(first)
  const written = { ...first, name: 'Ada', quiet: true, extras: ['meal'] }
  expect(keptValues(form, JSON.stringify(written))).toEqual(written)
  const other = { name: 3, quiet: 'yes', extras: [1], unknown: 'x' }
  expect(keptValues(form, JSON.stringify(other))).toEqual(first)
})

test('what is typed becomes the reply, and what does not fit is said of its field', () => {
  const first = firstValues(form)
  expect(readFields(form, first)).toEqual({
    content: { seats: 2, quiet: false },
    problems: { name: 'Needs a value.' },
  })
  const typed = { ...first, name: 'A', seats: '1.5', class: 'no', extras: ['bike'], mail: 'a@b' }
  expect(readFields(form, typed).problems).toEqual({
    ...{ name: 'Needs at least 2 characters.', seats: 'Must be a whole number.' },
    ...{ class: 'Must be one of the choices.', mail: 'Must be an email address.' },
  })
  expect(readFields(form, { ...first, name: 'Ada', seats: 'two' }).problems).toEqual({
    seats: 'Must be a number.',
  })
  const right = { ...first, name: 'Ada', seats: ' 3 ', class: 'first', mail: 'ada@example.com' }
  expect(readFields(form, right)).toEqual({
    content: {
      ...{ name: 'Ada', seats: 3, class: 'first' },
      quiet: false,
      mail: 'ada@example.com',
    },
    problems: {},
  })
})
