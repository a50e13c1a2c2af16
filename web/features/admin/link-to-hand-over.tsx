import { CopyButton } from '../../ui/controls/copy-button.tsx'
import { t } from '../../language/t.ts'

/** A link that was just made for somebody, for an administrator to give to them. */
export function LinkToHandOver({ link, label }: { link: string; label: string }) {
  return (
    <div role="status" className="rounded-2xl border border-accent bg-accent-soft p-4 text-sm">
      <p>{t('Hand this link over. It works once, and is not shown again.')}</p>
      <p className="mt-2 flex items-center gap-2">
        <code className="min-w-0 font-mono text-xs break-all">{link}</code>
        <CopyButton label={label} text={link} />
      </p>
    </div>
  )
}
