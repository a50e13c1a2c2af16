type Take = (files: FileList) => void

let taker: Take | null = null

/**
 * Receives the files that are dropped anywhere on the page, while no dialog is open.
 * @returns a function that ends it
 */
export function takeDroppedFiles(take: Take): () => void {
  taker = take
  return () => {
    if (taker === take) taker = null
  }
}

/** Files that are dropped beside a place for them would otherwise be opened by the browser in place of the app. */
export function guardDroppedFiles(): void {
  const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') ?? false
  const isTaken = () => taker !== null && document.querySelector('dialog[open]') === null
  addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    if (event.dataTransfer && !isTaken()) event.dataTransfer.dropEffect = 'none'
  })
  addEventListener('drop', (event) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    if (event.dataTransfer && isTaken()) taker?.(event.dataTransfer.files)
  })
}
