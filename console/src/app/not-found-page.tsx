// Shows what replaces a page: a note for an unknown address, or the error of a page that failed to
// draw.
import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { EmptyState } from '../components/empty-state'
import { ProblemAlert } from '../components/problem-alert'
import { useLocale } from '../locales/i18n'

export function NotFoundPage() {
  const { t } = useLocale()
  return (
    <EmptyState
      title={t('There is no page at this address')}
      action={
        <Button component={Link} to="/marketing/promotion">
          {t('Go to promotions')}
        </Button>
      }
    >
      {t('The link may be outdated or incomplete.')}
    </EmptyState>
  )
}

export function PageError({ error, reset }: { error: unknown; reset: () => void }) {
  return <ProblemAlert error={error} retry={reset} />
}
