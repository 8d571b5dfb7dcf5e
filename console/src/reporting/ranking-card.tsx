// Ranks campaigns by the profit they caused.
import { Anchor, Badge, SimpleGrid, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { RankedCampaign, CurrencyRanking, RankingView } from '../client'
import { SectionCard } from '../components/section-card'
import { useLocale } from '../locales/i18n'
import { useEstimateText } from './lift-card'
import { verdictColors, verdictLabels } from './verdict-labels'

export function RankingCard({ ranking }: { ranking: RankingView }) {
  const { t, number } = useLocale()
  return (
    <SectionCard title={t('Best and worst')}>
      {ranking.by_currency.length === 0 ? (
        <Text>
          {t(
            'No campaign can be judged yet. A campaign needs about 1,000 customers, including a control group, and some orders.',
          )}
        </Text>
      ) : (
        ranking.by_currency.map((one) => <RankingEnds key={one.currency} ends={one} />)
      )}
      <Text size="sm" c="dimmed">
        {t('{n} of {of} campaigns of this period have enough customers to judge.', {
          n: number(ranking.judged),
          of: number(ranking.looked_at),
        })}
        {ranking.more && ` ${t('Only the newest were looked at.')}`}
      </Text>
    </SectionCard>
  )
}

function RankingEnds({ ends }: { ends: CurrencyRanking }) {
  const { t } = useLocale()
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <RankedList title={t('Earned most')} campaigns={ends.best} currency={ends.currency} />
      <RankedList title={t('Earned least')} campaigns={ends.worst} currency={ends.currency} />
    </SimpleGrid>
  )
}

function RankedList({
  title,
  campaigns,
  currency,
}: {
  title: string
  campaigns: RankedCampaign[]
  currency: string
}) {
  const { t } = useLocale()
  const estimate = useEstimateText()
  return (
    <Stack gap={6}>
      <Text fw={600} size="sm">
        {title}
      </Text>
      {campaigns.length === 0 && <Text size="sm">–</Text>}
      {campaigns.map(({ campaign_id, name, kind, profit, verdict }) => {
        const shown = estimate(profit, currency)
        return (
          <div key={campaign_id}>
            <Anchor component={Link} to={`/marketing/${kind}/${campaign_id}`} className="wrap">
              <span dir="auto">{name}</span>
            </Anchor>{' '}
            <Badge variant="light" color={verdictColors[verdict]} tt="none">
              {t(verdictLabels[verdict])}
            </Badge>
            <Text size="sm">
              {shown?.value}{' '}
              <Text span c="dimmed">
                {shown?.bounds}
              </Text>
            </Text>
          </div>
        )
      })}
    </Stack>
  )
}
