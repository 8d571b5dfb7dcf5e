// Shows a campaign's lift: treated customers against held-out ones, how sure that is, and what to
// do about it.
import { Alert, Badge, Group, Stack, Table, Text } from '@mantine/core'
import type { LiftView, LiftEstimate, LiftDataGap, LiftVerdict, SampleRatioView } from '../client'
import { KeyFigure } from '../components/key-figure'
import { SectionCard } from '../components/section-card'
import { msg, useLocale } from '../locales/i18n'
import { verdictColors, verdictLabels } from './verdict-labels'

const verdictMessages: Record<LiftVerdict, string> = {
  scale: msg('It earned more than it cost, and that is more than chance.'),
  keep: msg('It pays for itself, more or less; the numbers do not speak against it.'),
  retire: msg('It cost more than it brought, and that is more than chance.'),
  not_enough_data: msg('Nothing can be said yet.'),
}
const missingDataMessages: Record<LiftDataGap, string> = {
  no_holdout: msg(
    'Nobody is held out, so there is nothing to compare with. Hold some out the next time.',
  ),
  too_few_customers: msg(
    'There are too few customers on one side: at least 100 on each are needed.',
  ),
  too_few_spenders: msg('Too few of them have ordered since: at least 20 on each side are needed.'),
  too_uncertain: msg('What customers spend differs too much for so few of them.'),
}

/** Formats an estimate as its value and its bounds. */
export function useEstimateText() {
  const { t, minor } = useLocale()
  return (one: LiftEstimate | null | undefined, currency: string) =>
    one
      ? {
          value: minor(one.value, currency),
          bounds: t('between {low} and {high}', {
            low: minor(one.low, currency),
            high: minor(one.high, currency),
          }),
        }
      : undefined
}

/** Says that the sides of the holdout are not comparable, if the check has found it. */
function UnevenSidesNotice({ sides }: { sides: SampleRatioView }) {
  const { t, number } = useLocale()
  if (sides.verdict !== 'uneven') return null
  return (
    <Alert color="red" title={t('The two sides are uneven')}>
      {t(
        '{n} customers were held out where about {expected} were to be expected. That is more than chance: do not trust the comparison before you know why.',
        { n: number(sides.held_out), expected: number(sides.expected_held_out ?? 0) },
      )}
    </Alert>
  )
}

export function LiftCard({
  effect,
  sides: ratio,
  currency,
}: {
  effect: LiftView
  sides: SampleRatioView
  currency: string
}) {
  const { t, number, minor, day, percent } = useLocale()
  const estimate = useEstimateText()
  const revenue = estimate(effect.incremental_revenue, currency)
  const profit = estimate(effect.profit, currency)
  const sides: [string, LiftView['treated']][] = [
    [t('Got a voucher'), effect.treated],
    [t('Held out'), effect.held_out],
  ]
  return (
    <SectionCard
      title={t('What it caused')}
      actions={
        <Badge variant="light" color={verdictColors[effect.verdict]} tt="none">
          {t(verdictLabels[effect.verdict])}
        </Badge>
      }
    >
      <UnevenSidesNotice sides={ratio} />
      <Text>
        {t(verdictMessages[effect.verdict])}
        {effect.lack ? ` ${t(missingDataMessages[effect.lack])}` : ''}
        {effect.missing_customers
          ? ` ${t('About {n} more customers would make it clear.', { n: number(effect.missing_customers) })}`
          : ''}
      </Text>
      {(revenue || profit) && (
        <Group align="stretch">
          {revenue && (
            <KeyFigure label={t('Revenue it caused')} value={revenue.value} hint={revenue.bounds} />
          )}
          {profit && (
            <KeyFigure label={t('Profit it caused')} value={profit.value} hint={profit.bounds} />
          )}
        </Group>
      )}
      <div className="scroll" role="group" aria-label={t('What it caused')} tabIndex={0}>
        <Table verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th miw={110}>{t('In 28 days')}</Table.Th>
              <Table.Th className="number">{t('Customers')}</Table.Th>
              <Table.Th className="number">{t('ordered')}</Table.Th>
              <Table.Th className="number">{t('Orders')}</Table.Th>
              <Table.Th className="number">{t('each')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sides.map(([name, arm]) => (
              <Table.Tr key={name}>
                <Table.Th scope="row" fw={500}>
                  {name}
                </Table.Th>
                <Table.Td className="number">{number(arm.customers)}</Table.Td>
                <Table.Td className="number">{percent(arm.spenders, arm.customers)}</Table.Td>
                <Table.Td className="number">{number(arm.orders)}</Table.Td>
                <Table.Td className="number">
                  {arm.spend_each == null ? '–' : minor(arm.spend_each, currency)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <Stack gap={2}>
        {effect.windows_close && (
          <Text size="sm" c="dimmed">
            {t('Some of their 28 days are still to come: until {day} this is the state so far.', {
              day: day(effect.windows_close),
            })}
          </Text>
        )}
        <Text size="sm" c="dimmed">
          {t('Of 100 of revenue {n} are counted as margin.', { n: number(effect.margin_percent) })}
        </Text>
      </Stack>
    </SectionCard>
  )
}
