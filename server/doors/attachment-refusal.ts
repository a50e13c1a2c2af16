/** Pictures and files are not taken through the doors yet. The one place that says so; each door has its own error. */
export function attachmentRefusal(type: string): string {
  return `Input of the type "${type.slice(0, 100)}" is not supported here yet: send text.`
}
