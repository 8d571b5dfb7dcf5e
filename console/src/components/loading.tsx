// Shows that something is loading.
import { Loader, Skeleton, Stack } from '@mantine/core'
import { useLocale } from '../locales/i18n'

export function LoadingSpinner() {
  const { t } = useLocale()
  return <Loader aria-label={t('Loading')} />
}

export function LoadingSkeleton({ lines = 6 }: { lines?: number }) {
  const { t } = useLocale()
  return (
    <Stack gap="sm" role="status" aria-label={t('Loading')}>
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} height={28} radius="sm" />
      ))}
    </Stack>
  )
}
