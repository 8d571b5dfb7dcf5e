// Shows what an autopilot would have done over past days, before it is enabled. A replay sends
// nothing.
import { Alert, Button, Group, List, Select, SimpleGrid, Table, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiSentence } from '../api/api-messages'
import { callApi } from '../api/requests'
import { type Campaign, replayCampaign, type ReplayedDay, type ReplayView } from '../client'
import { ChartCard } from '../components/chart-card'
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
  const { t, number, minor } = useLocale()
  const byDay = (value: (one: ReplayedDay) => number) =>
    Object.fromEntries(replay.days.map((one) => [one.day, value(one)]))
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
      <ChartCard
        title={t('Matches and vouchers by day')}
        unit={t('Matches')}
        from={replay.from}
        to={replay.until}
        series={[
          { name: t('Matches'), values: byDay(({ matches }) => matches), tone: 'light' },
          { name: t('Vouchers'), values: byDay(({ vouchers }) => vouchers), tone: 'dark' },
        ]}
        band={{
          name: t('matches of a typical day'),
          low: replay.expected.low,
          high: replay.expected.high,
        }}
      />
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
