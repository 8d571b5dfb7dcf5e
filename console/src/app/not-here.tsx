// What stands where a page is not: an unknown address, or a page that could not be drawn.
import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useWords } from './i18n'
import { Empty, ProblemNote } from './parts'

export function NotHere() {
  const { t } = useWords()
  return (
    <Empty title={t('There is no page at this address')} action={<Button component={Link} to="/marketing/promotion">{t('To the promotions')}</Button>}>
      {t('The link may be old, or a letter is missing.')}
    </Empty>
  )
}

export function PageProblem({ error, reset }: { error: unknown; reset: () => void }) {
  return <ProblemNote error={error} retry={reset} />
}
