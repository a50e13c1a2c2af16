import { ExternalLink } from 'lucide-react'
import { useRef, useState } from 'react'
import type { AppToolCall } from '../../../../shared/client/index.ts'
import type { Question, QuestionReply } from '../../../../shared/contract/question.ts'
import { t } from '../../../language/t.ts'
import { Button } from '../../../ui/controls/button.tsx'
import { useFocusHandover } from '../approval/use-focus-handover.ts'
import { toolLabel } from '../../../tool-title.ts'
import { QuestionField } from './question-field.tsx'
import type { FieldValue } from './question-field.tsx'
import { readFields } from './read-fields.ts'

/**
 * A question that an MCP server asks during a call, with its form.
 * @param props.isSent true while a reply is being sent; the buttons then do nothing, but keep the focus
 */
export function QuestionCard(props: {
  call: AppToolCall
  question: Question
  /** The values of its fields. */
  values: Readonly<Record<string, FieldValue>>
  isSent: boolean
  problem: string | null
  onChange: (values: Record<string, FieldValue>) => void
  onReply: (reply: QuestionReply) => void
}) {
  const { call, question, values, isSent } = props
  const { name, server } = toolLabel(call)
  const [problems, setProblems] = useState<Record<string, string>>({})
  const form = useRef<HTMLFormElement>(null)
  useFocusHandover(form)

  function reply(given: QuestionReply): void {
    if (!isSent) props.onReply(given)
  }

  function accept(): void {
    if (question.mode === 'url') return reply({ action: 'accept' })
    const read = readFields(question.form, values)
    setProblems(read.problems)
    const [first] = Object.keys(question.form.properties).filter((one) => read.problems[one])
    if (first === undefined) return reply({ action: 'accept', content: read.content })
    const at = Object.keys(question.form.properties).indexOf(first)
    form.current
      ?.querySelectorAll('[data-field]')
      [at]?.querySelector<HTMLElement>('input, select')
      ?.focus()
  }

  return (
    <form
      ref={form}
      noValidate
      aria-label={t('Question of {name}', { name: server ?? name })}
      onSubmit={(event) => {
        event.preventDefault()
        accept()
      }}
      className="grid gap-3 border-t border-border p-3.5"
    >
      <div className="grid gap-1 text-sm">
        <p className="text-xs text-muted">
          {server
            ? t('The server {server} asks you. Your answer goes there.', { server })
            : t('The tool {name} asks you. Your answer goes there.', { name })}
        </p>
        <p dir="auto" className="wrap-anywhere whitespace-pre-wrap">
          {question.message}
        </p>
      </div>
      {question.mode === 'form' ? (
        Object.entries(question.form.properties).map(([field, definition]) => (
          <div key={field} data-field>
            <QuestionField
              name={field}
              field={definition}
              isRequired={question.form.required?.includes(field) ?? false}
              value={values[field] ?? ''}
              problem={problems[field]}
              onChange={(value) => {
                props.onChange({ ...values, [field]: value })
                setProblems(({ [field]: _, ...rest }) => rest)
              }}
            />
          </div>
        ))
      ) : (
        <p className="grid gap-1 text-sm">
          <a
            href={question.url}
            target="_blank"
            rel="noopener noreferrer"
            className="flex min-h-8 w-fit items-center gap-1.5 text-accent underline"
          >
            <ExternalLink aria-hidden size={15} />
            {t('Open {host}', { host: hostOf(question.url) })}
          </a>
          <span className="text-xs wrap-anywhere text-muted">
            <bdi>{question.url}</bdi>{' '}
            {t('Check that you trust this address. Come back when you are done there.')}
          </span>
        </p>
      )}
      {props.problem && (
        <p role="alert" className="text-sm text-danger">
          {t('Your answer was not saved: {problem}', { problem: props.problem })}
        </p>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <Button kind="primary" type="submit" aria-disabled={isSent}>
          {question.mode === 'form' ? t('Send') : t('I am done there')}
        </Button>
        <Button aria-disabled={isSent} onClick={() => reply({ action: 'decline' })}>
          {t('Decline')}
        </Button>
        <Button aria-disabled={isSent} onClick={() => reply({ action: 'cancel' })}>
          {t('Not now')}
        </Button>
      </div>
    </form>
  )
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url
}
