import { basePath } from '../../base-path.ts'
import { askAuth } from '../../auth.ts'
import type { Outputs } from '../../../shared/client/index.ts'
import { Button } from '../../ui/controls/button.tsx'
import { Outcome } from '../../ui/notices/outcome.tsx'
import { useAttempt } from '../../ui/use-attempt.ts'
import { returnPath } from './return-path.ts'
import { t } from '../../language/t.ts'

/** Signing in by others, and without an account. */
export function OtherWays(props: {
  options: Outputs['auth']['options']
  isGuest: boolean
  onSignedIn: () => Promise<void>
}) {
  const { options, isGuest } = props
  const { isBusy, error, attempt } = useAttempt()
  const hasGuests = options.guests && !isGuest
  if (options.providers.length === 0 && !hasGuests) return null

  const goTo = (id: string) =>
    attempt(async () => {
      const callbackURL = returnPath(location.href, location.origin, basePath)
      const { url } = await askAuth('/sign-in/social', { provider: id, callbackURL })
      if (typeof url !== 'string') throw new Error(t('The server named no address to sign in at.'))
      location.assign(url)
    })

  const beGuest = () =>
    attempt(async () => {
      await askAuth('/sign-in/anonymous', {})
      await props.onSignedIn()
    })

  return (
    <div className="grid gap-2">
      <p aria-hidden className="flex items-center gap-3 text-xs text-muted">
        <span className="h-px flex-1 bg-border" />
        {t('or')}
        <span className="h-px flex-1 bg-border" />
      </p>
      {options.providers.map(({ id, name }) => (
        <Button key={id} className="min-h-10" aria-disabled={isBusy} onClick={() => void goTo(id)}>
          {t('Continue with {name}', { name })}
        </Button>
      ))}
      {hasGuests && (
        <Button className="min-h-10" aria-disabled={isBusy} onClick={() => void beGuest()}>
          {t('Continue as a guest')}
        </Button>
      )}
      <Outcome error={error} />
    </div>
  )
}
