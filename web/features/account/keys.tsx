import { Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { Outputs } from '../../../shared/client/index.ts'
import { trpc } from '../../client.ts'
import { CopyButton } from '../../ui/controls/copy-button.tsx'
import { IconButton } from '../../ui/controls/icon-button.tsx'
import { NotLoaded } from '../../ui/loading/not-loaded.tsx'
import { KeyForm } from './key-form.tsx'
import { useRowFocus } from '../../ui/use-row-focus.ts'
import { t } from '../../language/t.ts'
import { formatMoment, formatPrice } from '../../language/amounts.ts'

type Key = Outputs['keys']['list'][number]

function factsOf({ scope, usdPerDay, expiresAt, lastUsedAt }: Key): string[] {
  return [
    scope === 'read' ? t('reads only') : t('reads and writes'),
    ...(usdPerDay === null ? [] : [t('{cost} a day', { cost: formatPrice(usdPerDay) })]),
    ...(expiresAt === null ? [] : [t('until {when}', { when: formatMoment(expiresAt) })]),
    t('last used {when}', { when: formatMoment(lastUsedAt) }),
  ]
}

/** The keys by which programs act for one; a new one is shown once. */
export function Keys() {
  const utils = trpc.useUtils()
  const [made, setMade] = useState<{ name: string; key: string } | null>(null)
  const { data, error, refetch } = trpc.keys.list.useQuery(undefined, { staleTime: 0 })
  const revoke = trpc.keys.revoke.useMutation({ onSettled: () => utils.keys.list.invalidate() })
  const list = useRowFocus(data?.length ?? 0)
  return (
    <div className="grid gap-4">
      {/* A new key is shown once, so it stays whatever becomes of the list. */}
      {error && !data && <NotLoaded reason={error.message} onRetry={() => void refetch()} />}
      {data && data.length > 0 && (
        <ul ref={list} aria-label={t('API keys')} className="grid gap-2">
          {data.map((key) => (
            <li
              key={key.id}
              className="flex items-center gap-2 rounded-xl border border-border py-1.5 pe-1.5 ps-3 text-sm"
            >
              <span className="min-w-0 flex-1">
                <span className="block truncate">
                  {key.name} <code className="font-mono text-xs text-muted">{key.prefix}…</code>
                </span>
                <span className="block text-xs text-muted">{factsOf(key).join(' · ')}</span>
              </span>
              <IconButton
                label={t('Revoke {name}', { name: key.name })}
                aria-disabled={revoke.isPending}
                onClick={() => !revoke.isPending && revoke.mutate({ id: key.id })}
              >
                <Trash2 aria-hidden size={15} />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      {revoke.error && (
        <p role="alert" className="text-sm text-danger">
          {t('The key was not revoked: {reason}', { reason: revoke.error.message })}
        </p>
      )}
      {made && (
        <div role="status" className="rounded-2xl border border-accent bg-accent-soft p-4 text-sm">
          <p>
            {t(
              'This is the key “{name}”. Copy it now: it is not shown again, and nobody can look it up.',
              { name: made.name },
            )}
          </p>
          <p className="mt-2 flex items-center gap-2">
            <code className="min-w-0 font-mono text-xs break-all">{made.key}</code>
            <CopyButton label={t('Copy the new key')} text={made.key} />
          </p>
        </div>
      )}
      <KeyForm onMade={setMade} />
    </div>
  )
}
