// Shows what an autopilot would have done over past days, before it is enabled. A replay sends
// nothing.
import { Alert, Button, Group, List, Select, SimpleGrid, Table, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiSentence } from '../api/api-messages'
import { callApi } from '../api/requests'
import { type Campaign, replayCampaign, type ReplayView } from '../client'
import { roundUpScale } from '../components/chart-scale'
import { KeyFigure } from '../components/key-figure'
import { ProblemAlert } from '../components/problem-alert'
import { SectionCard } from '../components/section-card'
import { channelLabels } from '../delivery/labels'
import { useLocale } from '../locales/i18n'
import { skipLabels } from '../voucher/labels'

export default function ReplayCard({ campaign }: { campaign: Campaign }) {
  const { t } = useLocale()
  const [days, setDays] = useState('30')
  const replaying = useMutation({
    mutationFn: () =>
      callApi(replayCampaign({ path: { id: campaign.id }, body: { days: Number(days) } })),
  })
  return (
    <SectionCard title={t('Replay over past days')}>
      <Text>
        {t(
          'See which customers it would have triggered for, how often, and what it could have cost. Nothing is sent or stored.',
        )}
      </Text>
      <Group align="flex-end">
        <Select
          label={t('Days')}
          value={days}
          onChange={(value) => value && setDays(value)}
          data={['7', '14', '30', '60', '90']}
          w={110}
          allowDeselect={false}
        />
        <Button variant="default" loading={replaying.isPending} onClick={() => replaying.mutate()}>
          {t('Replay')}
        </Button>
      </Group>
      {replaying.error && <ProblemAlert error={replaying.error} />}
      {replaying.data && <ReplayResult replay={replaying.data} />}
    </SectionCard>
  )
}

function ReplayResult({ replay }: { replay: ReplayView }) {
  const { t, number, minor, day } = useLocale()
  const [asTable, setAsTable] = useState(false)
  const most = roundUpScale(
    Math.max(replay.expected.high, ...replay.days.map(({ matches }) => matches)),
  )
  const width = 100 / Math.max(1, replay.days.length)
  return (
    <>
      <Group align="stretch">
        <KeyFigure
          label={t('Matches')}
          value={number(replay.matches)}
          hint={t('Customers: {n}', { n: number(replay.customers) })}
        />
        <KeyFigure label={t('Vouchers')} value={number(replay.vouchers)} />
        <KeyFigure
          label={t('Maximum value')}
          value={minor(replay.exposure.amount, replay.exposure.currency)}
        />
        <KeyFigure
          label={t('On a typical day')}
          value={t('{low} to {high}', {
            low: number(replay.expected.low),
            high: number(replay.expected.high),
          })}
          hint={t('matches')}
        />
      </Group>
      {!replay.complete && (
        <Alert color="yellow" variant="outline">
          {t('There are too many customers to look at all: these numbers are of the first {n}.', {
            n: number(replay.scanned),
          })}
        </Alert>
      )}
      <Group justify="space-between">
        <Text fw={600}>{t('Matches and vouchers by day')}</Text>
        <Button
          size="compact-sm"
          variant="default"
          aria-pressed={asTable}
          onClick={() => setAsTable(!asTable)}
        >
          {asTable ? t('Show as chart') : t('Show as table')}
        </Button>
      </Group>
      {asTable ? (
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('Day')}</Table.Th>
              <Table.Th className="number">{t('Matches')}</Table.Th>
              <Table.Th className="number">{t('Vouchers')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {replay.days.map((one) => (
              <Table.Tr key={one.day}>
                <Table.Td>{day(one.day)}</Table.Td>
                <Table.Td className="number">{number(one.matches)}</Table.Td>
                <Table.Td className="number">{number(one.vouchers)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      ) : (
        <>
          <div className="chart" role="img" aria-label={t('Matches and vouchers by day')}>
            <div className="chart-scale" aria-hidden>
              <span>{number(most)}</span>
              <span>{number(most / 2)}</span>
              <span>{number(0)}</span>
            </div>
            <svg viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden>
              <rect
                x="0"
                width="100"
                y={40 - (replay.expected.high / most) * 40}
                height={Math.max(0.4, ((replay.expected.high - replay.expected.low) / most) * 40)}
                fill="var(--mantine-color-gray-5)"
                opacity="0.25"
              />
              {replay.days.map((one, place) => (
                <g key={one.day}>
                  <rect
                    x={place * width + width * 0.15}
                    width={width * 0.7}
                    y={40 - (one.matches / most) * 40}
                    height={(one.matches / most) * 40}
                    fill="var(--mantine-primary-color-filled)"
                    opacity="0.4"
                  >
                    <title>{`${day(one.day)}: ${number(one.matches)}`}</title>
                  </rect>
                  <rect
                    x={place * width + width * 0.15}
                    width={width * 0.7}
                    y={40 - (one.vouchers / most) * 40}
                    height={(one.vouchers / most) * 40}
                    fill="var(--mantine-primary-color-filled)"
                  />
                </g>
              ))}
            </svg>
          </div>
          <Group justify="space-between">
            <Text size="sm" c="dimmed">
              {day(replay.from)}
            </Text>
            <Text size="sm" c="dimmed">
              {t('Dark: vouchers. Light: all matches. Band: typical days.')}
            </Text>
            <Text size="sm" c="dimmed">
              {day(replay.until)}
            </Text>
          </Group>
        </>
      )}
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <div>
          <Text fw={600}>{t('Customers who would have got no voucher')}</Text>
          <Table>
            <Table.Tbody>
              {Object.entries(replay.suppressed)
                .filter(([, n]) => n > 0)
                .map(([reason, n]) => (
                  <Table.Tr key={reason}>
                    <Table.Td>{t(skipLabels[reason] ?? reason)}</Table.Td>
                    <Table.Td className="number">{number(n)}</Table.Td>
                  </Table.Tr>
                ))}
            </Table.Tbody>
          </Table>
        </div>
        <div>
          <Text fw={600}>{t('Who can be reached')}</Text>
          <Table>
            <Table.Tbody>
              {(['sms', 'email', 'push'] as const).map((channel) => (
                <Table.Tr key={channel}>
                  <Table.Td>{t(channelLabels[channel])}</Table.Td>
                  <Table.Td className="number">{number(replay.reachable[channel])}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      </SimpleGrid>
      <details>
        <summary>{t('Assumptions')}</summary>
        <List size="sm" mt="xs">
          {replay.assumptions.map((one) => (
            <List.Item key={one}>
              <ApiSentence>{one}</ApiSentence>
            </List.Item>
          ))}
        </List>
      </details>
    </>
  )
}
