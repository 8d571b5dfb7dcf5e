// Summarises a definition in words, on a campaign's page and in the review: offer, audience,
// channels, schedule and limits.
import { List, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import type { CampaignVariant, Channel, Rule } from '../client'
import { SectionCard } from '../components/section-card'
import { channelLabels } from '../delivery/labels'
import { useLocale } from '../locales/i18n'
import { goesOnAfterUnknown, hasNextChannel } from './channel-fallback'
import {
  type AnyDefinition,
  describeCombination,
  describeCondition,
  describeOffer,
  describeTrigger,
  describeValidity,
  describeHours,
} from './definition-texts'
import { messageTexts } from './message-texts'
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

/** Shows what the messages say, as they are written, by language and channel. */
function MessageTexts({ definition: { channels, messages } }: { definition: AnyDefinition }) {
  const { t } = useLocale()
  const languages = [
    messages.default_locale,
    ...Object.keys(messages.locales).filter((one) => one !== messages.default_locale),
  ]
  return languages.map((language) => (
    <details key={language} open={language === messages.default_locale}>
      <summary>{t('Messages in {language}', { language })}</summary>
      {channels.ladder.map((channel) => {
        const texts = messageTexts(messages.locales[language] ?? {}, channel)
        return (
          <div key={channel}>
            <Text size="sm" fw={500}>
              {t(channelLabels[channel])}
            </Text>
            {texts.length === 0 ? (
              <Text size="sm">{t('No message in this language')}</Text>
            ) : (
              texts.map((text, place) => (
                <Text key={place} size="sm" className="wrap" dir="auto">
                  {text}
                </Text>
              ))
            )}
          </div>
        )
      })}
    </details>
  ))
}

/** Shows what each variant changes, with its share; nothing if all customers get the same. */
function VariantFacts({ definition }: { definition: AnyDefinition }) {
  const locale = useLocale()
  const { t, percent } = locale
  const variants = definition.variants ?? []
  if (variants.length === 0) return null
  const facts = ({ offer, validity, channels, messages }: CampaignVariant) => [
    describeOffer(offer ?? definition.offer, locale),
    validity && describeValidity(validity, locale),
    channels?.ladder.map((channel) => t(channelLabels[channel])).join(', '),
    messages && t('its own messages'),
  ]
  return (
    <SectionCard title={t('Variants')}>
      <FactTable
        rows={variants.map((variant) => [
          variant.name,
          [percent(variant.share, 100), ...facts(variant)].filter(Boolean).join(' · '),
        ])}
      />
    </SectionCard>
  )
}

export function DefinitionSummary({ definition }: { definition: AnyDefinition }) {
  const locale = useLocale()
  const { t, plural, money, time, number } = locale
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
              ? [[t('Offer group'), offer.combination.group] as [string, React.ReactNode]]
              : []),
          ]}
        />
      </SectionCard>
      <SectionCard title={t('Audience')}>
        {trigger && (
          <FactTable
            rows={[
              [t('Trigger'), describeTrigger(trigger.when, locale)],
              ...(isGoodwill(definition)
                ? []
                : [
                    [t('Send hour (customer’s time zone)'), number(trigger.local_hour ?? 10)] as [
                      string,
                      React.ReactNode,
                    ],
                    [
                      t('Re-entry'),
                      trigger.cool_down_days
                        ? plural(trigger.cool_down_days, '1 day', '{n} days')
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
                ? t('every channel')
                : t('first available channel, with fallback'),
            ],
            ...(hasNextChannel(channels)
              ? [
                  [
                    t('If a message’s outcome stays unknown'),
                    goesOnAfterUnknown(channels) ? t('try the next channel') : t('stop'),
                  ] as [string, React.ReactNode],
                ]
              : []),
            [t('Languages'), Object.keys(messages.locales).join(', ')],
            [t('Default language'), messages.default_locale],
            ...(definition.reminder
              ? [
                  [
                    t('Reminder'),
                    t('{time} before expiry', {
                      time: describeHours(definition.reminder.hours_before, locale),
                    }),
                  ] as [string, React.ReactNode],
                ]
              : []),
          ]}
        />
        <MessageTexts definition={definition} />
      </SectionCard>
      <SectionCard title={t('Schedule & limits')}>
        <FactTable
          rows={[
            [t('Starts'), schedule?.starts_at ? time(schedule.starts_at) : t('at launch')],
            [
              t('Ends'),
              schedule?.ends_at
                ? time(schedule.ends_at)
                : t('when every customer is processed, or when you end it'),
            ],
            ...(quiet.length > 0
              ? [
                  [
                    t('Quiet hours of this campaign'),
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
              t('Limits'),
              [
                caps?.vouchers != null && plural(caps.vouchers, '1 voucher', '{n} vouchers'),
                caps?.exposure && t('{amount} exposure', { amount: money(caps.exposure) }),
                caps?.redeemed && t('{amount} redeemed', { amount: money(caps.redeemed) }),
              ]
                .filter(Boolean)
                .join(', ') || t('no limit'),
            ],
            [
              t('Control group'),
              t('{n}% of reachable customers', {
                n: number(definition.holdout_percent ?? 10),
              }),
            ],
          ]}
        />
      </SectionCard>
      <VariantFacts definition={definition} />
    </SimpleGrid>
  )
}
