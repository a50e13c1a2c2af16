/**
 * An error for the log: its kind, code and stack without its message, which may contain text of people or of a model.
 */
export function redactError(thrown: unknown): Error {
  const kind = thrown instanceof Error ? thrown.name : typeof thrown
  const error: Error & { code?: unknown } = new Error(`the model could not be asked: ${kind}`)
  if (!(thrown instanceof Error)) return error
  const frames = (thrown.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  error.stack = [error.message, ...frames].join('\n')
  if ('code' in thrown && typeof thrown.code === 'string') error.code = thrown.code
  if (thrown.cause !== undefined) error.cause = redactError(thrown.cause)
  return error
}
