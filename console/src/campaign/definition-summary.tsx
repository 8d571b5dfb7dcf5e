// Summarises a definition in words, on a campaign's page and in the review: offer, audience,
// channels, schedule and limits.
import { List, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import type { Channel, Rule } from '../client'
import { SectionCard } from '../components/section-card'
import { channelLabels } from '../delivery/labels'
import { useLocale } from '../locales/i18n'
import {
  type AnyDefinition,
  describeCombination,
  describeCondition,
  describeOffer,
  describeTrigger,
  describeValidity,
} from './definition-texts'
import { isGoodwill } from './goodwill'

export function RuleDescription({ rule }: { rule: Rule }) {
  const locale = useLocale()
  const [name, body] = Object.entries(rule)[0] ?? ['everyone', {}]
  if (name === 'all' || name === 'any') {
    return (
      <Stack gap={4}>
        <Text size="sm" fw={600}>
          {name === 'all' ? locale.t('All of these') : locale.t('Any of these')}
        </Text>
        <List withPadding>
          {(body as Rule[]).map((one, place) => (
            <List.Item key={place}>
              <RuleDescription rule={one} />
            </List.Item>
          ))}
        </List>
      </Stack>
    )
  }
  if (name === 'not')
    return (
      <Stack gap={4}>
        <Text size="sm" fw={600}>
          {locale.t('Not')}
        </Text>
        <List withPadding>
          <List.Item>
            <RuleDescription rule={body as Rule} />
          </List.Item>
        </List>
      </Stack>
    )
  return (
    <Text component="span" className="wrap" dir="auto">
      {describeCondition(rule, locale)}
    </Text>
  )
}

function FactTable({ rows }: { rows: [string, React.ReactNode][] }) {
  return (
    <Table withRowBorders={false} verticalSpacing={4}>
      <Table.Tbody>
        {rows.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" fw={500} w="38%" style={{ verticalAlign: 'top' }}>
              {name}
            </Table.Th>
            <Table.Td className="wrap">{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

export function DefinitionSummary({ definition }: { definition: AnyDefinition }) {
  const locale = useLocale()
  const { t, money, time, number } = locale
  const { offer, trigger, schedule, caps, channels, messages } = definition
  const quiet = Object.entries(schedule?.quiet_hours ?? {})
  const scope = [
    ...(offer.scope?.verticals ?? []),
    ...(offer.scope?.merchants ?? []),
    ...(offer.scope?.categories ?? []),
  ]
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <SectionCard title={t('Offer')}>
        <FactTable
          rows={[
            [t('Benefit'), describeOffer(offer, locale)],
            [t('Minimum basket'), money(offer.minimum_basket)],
            [t('Where'), scope.length > 0 ? scope.join(', ') : t('everywhere')],
            [t('Valid'), describeValidity(definition.validity, locale)],
            ...(offer.first_order_only
              ? [[t('Only on'), t('the customer’s first order')] as [string, React.ReactNode]]
              : []),
            [t('Combines with'), describeCombination(offer, locale)],
            ...(offer.combination?.group
              ? [[t('Its group'), offer.combination.group] as [string, React.ReactNode]]
              : []),
          ]}
        />
      </SectionCard>
      <SectionCard title={t('Audience')}>
        {trigger && (
          <FactTable
            rows={[
              [t('Fires on'), describeTrigger(trigger.when, locale)],
              ...(isGoodwill(definition)
                ? []
                : [
                    [t('Hour of their day'), number(trigger.local_hour ?? 10)] as [
                      string,
                      React.ReactNode,
                    ],
                    [
                      t('Not again within'),
                      trigger.cool_down_days
                        ? t('{n} days', { n: number(trigger.cool_down_days) })
                        : '–',
                    ] as [string, React.ReactNode],
                  ]),
            ]}
          />
        )}
        <RuleDescription rule={definition.audience} />
      </SectionCard>
      <SectionCard title={t('Channels and messages')}>
        <FactTable
          rows={[
            [
              t('Order'),
              channels.ladder
                .map((channel) => t(channelLabels[channel]))
                .join(channels.mode === 'all' ? ' + ' : ' → '),
            ],
            [
              t('How'),
              channels.mode === 'all'
                ? t('by all of them')
                : t('the first that reaches the customer'),
            ],
            [t('Languages'), Object.keys(messages.locales).join(', ')],
            [t('Otherwise in'), messages.default_locale],
            ...(definition.reminder
              ? [
                  [
                    t('Reminder'),
                    t('{n} hours before the end', { n: number(definition.reminder.hours_before) }),
                  ] as [string, React.ReactNode],
                ]
              : []),
          ]}
        />
      </SectionCard>
      <SectionCard title={t('Schedule and bounds')}>
        <FactTable
          rows={[
            [
              t('Starts'),
              schedule?.starts_at ? time(schedule.starts_at) : t('when it is launched'),
            ],
            [
              t('Ends'),
              schedule?.ends_at
                ? time(schedule.ends_at)
                : t('when everyone is served, or when it is ended'),
            ],
            ...(quiet.length > 0
              ? [
                  [
                    t('Its own quiet hours'),
                    quiet
                      .map(
                        ([channel, { from, to }]) =>
                          `${t(channelLabels[channel as Channel])} ${from}–${to}`,
                      )
                      .join(', '),
                  ] as [string, React.ReactNode],
                ]
              : []),
            [
              t('At most'),
              [
                caps?.vouchers != null && t('{n} vouchers', { n: number(caps.vouchers) }),
                caps?.exposure && t('{amount} exposure', { amount: money(caps.exposure) }),
                caps?.redeemed && t('{amount} redeemed', { amount: money(caps.redeemed) }),
              ]
                .filter(Boolean)
                .join(', ') || t('no cap'),
            ],
            [
              t('Held out'),
              t('{n} % of those who could be reached', {
                n: number(definition.holdout_percent ?? 10),
              }),
            ],
          ]}
        />
      </SectionCard>
    </SimpleGrid>
  )
}
