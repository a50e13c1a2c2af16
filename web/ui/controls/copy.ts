import { t } from '../../language/t.ts'
import { tell } from '../notices/notice.ts'

/**
 * Copies to the clipboard, and says so to those who do not see the button's tick; a failure is shown.
 * @param forms the same content by its type, `text/plain` among them
 */
export async function copy(forms: Readonly<Record<string, string>>): Promise<boolean> {
  const isCopied = (await byClipboard(forms)) || byCommand(forms)
  tell(
    isCopied
      ? { text: t('Copied'), isQuiet: true }
      : { text: t('Not copied: the browser does not allow it.') },
  )
  return isCopied
}

async function byClipboard(forms: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    const { 'text/plain': text, ...others } = forms
    if (text !== undefined && Object.keys(others).length === 0) {
      await navigator.clipboard.writeText(text)
    } else {
      const blobs = Object.entries(forms).map(([type, content]) => [
        type,
        new Blob([content], { type }),
      ])
      await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))])
    }
    return true
  } catch {
    return false
  }
}

/** The older way, which also works on a plain HTTP address: browsers have no `navigator.clipboard` there. */
function byCommand(forms: Readonly<Record<string, string>>): boolean {
  const before = document.activeElement
  const box = document.createElement('textarea')
  // Safari copies only where something is selected.
  box.value = forms['text/plain'] ?? ''
  box.setAttribute('readonly', '')
  box.style.cssText = 'position: fixed; top: 0; opacity: 0; pointer-events: none'
  let isCopied = false
  const onCopy = (event: ClipboardEvent): void => {
    if (!event.clipboardData) return
    for (const [type, content] of Object.entries(forms)) event.clipboardData.setData(type, content)
    event.preventDefault()
    event.stopImmediatePropagation()
    isCopied = true
  }
  // A modal dialog lets nothing outside of it be selected.
  const home = before?.closest('dialog') ?? document.body
  home.append(box)
  document.addEventListener('copy', onCopy, { capture: true })
  try {
    box.select()
    return document.execCommand('copy') && isCopied
  } finally {
    document.removeEventListener('copy', onCopy, { capture: true })
    box.remove()
    if (before instanceof HTMLElement) before.focus({ preventScroll: true })
  }
}
