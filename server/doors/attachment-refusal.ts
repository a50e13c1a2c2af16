/** Pictures and files are not taken through the doors yet. The one place that says so; each door has its own error. */
export function attachmentRefusal(type: string): string {
  return `Files are not supported here yet: send text in place of "${type.slice(0, 100)}".`
}
