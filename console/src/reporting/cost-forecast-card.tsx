// Estimates what a promotion will cost, from the results of earlier campaigns.
import { Group, Text } from '@mantine/core'
import { usePerformance } from '../campaign/performance-queries'
import type { CampaignPerformance, CampaignKind } from '../client'
import { KeyFigure } from '../components/key-figure'
import { LoadingSkeleton } from '../components/loading'
import { SectionCard } from '../components/section-card'
import { useLocale } from '../locales/i18n'

/** The fewest issued vouchers that allow a forecast. */
const MIN_ISSUED = 100
const sumOver = (reports: CampaignPerformance[], of: (one: CampaignPerformance) => number) =>
  reports.reduce((all, one) => all + of(one), 0)

/** Computes how often earlier vouchers of this kind and currency were redeemed. */
export function summarizePastResults(reports: CampaignPerformance[], currency: string) {
  const same = reports.filter((one) => one.currency === currency)
  const issued = sumOver(same, (one) => one.issued)
  if (issued < MIN_ISSUED) return undefined
  return {
    issued,
    redeemed: sumOver(same, (one) => one.redeemed) / issued,
  }
}

export function CostForecastCard({
  kind,
  vouchers,
  each,
  messages,
}: {
  kind: CampaignKind
  vouchers: number
  each: { amount: number; currency: string }
  /** What the messages of this campaign cost, in words; unknown until prices and texts are read. */
  messages: string | undefined
}) {
  const { t, minor, percent, number } = useLocale()
  const performance = usePerformance(kind)
  const found =
    performance.all && summarizePastResults([...performance.all.values()], each.currency)
  return (
    <SectionCard title={t('Cost forecast')}>
      {performance.isPending ? (
        <LoadingSkeleton lines={2} />
      ) : !found ? (
        <Text>{t('Too few vouchers were issued in the last 90 days for a forecast.')}</Text>
      ) : (
        <>
          <Group align="stretch">
            <KeyFigure
              label={t('Estimated redemptions')}
              value={number(Math.round(vouchers * found.redeemed))}
              hint={t('{share} of {n} were redeemed', {
                share: percent(found.redeemed, 1),
                n: number(found.issued),
              })}
            />
            <KeyFigure
              label={t('Estimated discounts')}
              value={minor(Math.round(vouchers * found.redeemed * each.amount), each.currency)}
              hint={t('if each is redeemed in full')}
            />
            <KeyFigure
              label={t('Estimated message cost')}
              value={messages ?? '–'}
              hint={t('by channel order, prices and SMS segments')}
            />
          </Group>
          <Text size="sm" c="dimmed">
            {t('Based on your campaigns of the last 90 days.')}
          </Text>
        </>
      )}
    </SectionCard>
  )
}
