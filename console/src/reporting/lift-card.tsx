// Shows a campaign's lift: treated customers against held-out ones, how sure that is, and what to
// do about it.
import { Alert, Badge, Group, Stack, Table, Text } from '@mantine/core'
import type {
  LiftView,
  LiftEstimate,
  LiftDataGap,
  LiftVerdict,
  SampleRatioView,
  VerdictOutlook,
} from '../client'
import { KeyFigure } from '../components/key-figure'
import { SectionCard } from '../components/section-card'
import { msg, useLocale } from '../locales/i18n'
import { helpTexts } from './help-texts'
import { verdictColors, verdictLabels } from './verdict-labels'

const verdictMessages: Record<LiftVerdict, string> = {
  scale: msg('It earned more than it cost, with statistical significance.'),
  keep: msg('It roughly pays for itself. The difference is not statistically significant.'),
  retire: msg('It cost more than it earned, with statistical significance.'),
  not_enough_data: msg('There is not enough data yet.'),
  uneven_arms: msg('The groups aren’t comparable, so nothing is claimed.'),
}
const missingDataMessages: Record<LiftDataGap, string> = {
  no_holdout: msg('There is no control group to compare with. Set one for the next campaign.'),
  too_few_customers: msg('One group is too small: each needs at least 100 customers.'),
  too_few_spenders: msg('Too few have ordered since: each group needs at least 20.'),
  too_uncertain: msg('Spending varies too much for a group of this size.'),
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
        'The control group has {n} customers where about {expected} were expected. This is unlikely to be chance: find the cause before you trust the comparison.',
        { n: number(sides.held_out), expected: number(sides.expected_held_out ?? 0) },
      )}
    </Alert>
  )
}

/** Says what would change the verdict, and about when. */
function OutlookText({ outlook }: { outlook: VerdictOutlook }) {
  const { t, number, day } = useLocale()
  const next = outlook.verdict && t(verdictLabels[outlook.verdict])
  const n = number(outlook.customers)
  return (
    <Text size="sm" c="dimmed">
      {next &&
        t('About {n} more customers could change this to “{verdict}”.', { n, verdict: next })}
      {outlook.about &&
        ` ${t('At the current pace, they are reached by {day}.', { day: day(outlook.about) })}`}
    </Text>
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
    [t('Control group'), effect.held_out],
  ]
  return (
    <SectionCard
      title={t('Incremental effect')}
      help={t(helpTexts.effect)}
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
            <KeyFigure
              label={t('Incremental revenue')}
              value={revenue.value}
              hint={revenue.bounds}
            />
          )}
          {profit && (
            <KeyFigure label={t('Incremental profit')} value={profit.value} hint={profit.bounds} />
          )}
        </Group>
      )}
      <div className="scroll" role="group" aria-label={t('Incremental effect')} tabIndex={0}>
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
        {effect.outlook && <OutlookText outlook={effect.outlook} />}
        {effect.windows_close && (
          <Text size="sm" c="dimmed">
            {t('Some of their 28 days are still to come: until {day} this is the state so far.', {
              day: day(effect.windows_close),
            })}
          </Text>
        )}
        <Text size="sm" c="dimmed">
          {t('Profit assumes a {n}% margin. Change it in Settings → Costs.', {
            n: number(effect.margin_percent),
          })}
        </Text>
      </Stack>
    </SectionCard>
  )
}
