// Shows the lane of each channel, why one is closed and until when, and lets an administrator open it.
import { Badge, Button, Group, Stack, Table, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { callApi } from '../api/requests'
import { useSession } from '../app/session'
import { type ChannelLane, openLane } from '../client'
import { ProblemAlert } from '../components/problem-alert'
import { RelativeTime } from '../components/relative-time'
import { SectionCard } from '../components/section-card'
import { channelLabels, faultLabels } from '../delivery/labels'
import { useLocale } from '../locales/i18n'

export function LanesCard({ lanes }: { lanes: ChannelLane[] }) {
  const { t } = useLocale()
  const queryClient = useQueryClient()
  const opening = useMutation({
    mutationFn: (channel: ChannelLane['channel']) => callApi(openLane({ path: { channel } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['system'] }),
  })
  return (
    <SectionCard title={t('Sending by channel')}>
      <Stack gap="sm">
        <div className="scroll" role="group" aria-label={t('Sending by channel')} tabIndex={0}>
          <Table verticalSpacing={4}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('Channel')}</Table.Th>
                <Table.Th>{t('Status')}</Table.Th>
                <Table.Th>{t('Cause')}</Table.Th>
                <Table.Th>{t('Next try')}</Table.Th>
                <Table.Th>{t('Today, of the daily limit')}</Table.Th>
                <Table.Th />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {lanes.map((lane) => (
                <LaneRow
                  key={lane.channel}
                  lane={lane}
                  isOpening={opening.isPending && opening.variables === lane.channel}
                  onOpen={() => opening.mutate(lane.channel)}
                />
              ))}
            </Table.Tbody>
          </Table>
        </div>
        {opening.error && <ProblemAlert error={opening.error} />}
        <Text size="sm" c="dimmed">
          {t(
            'While sending is stopped, messages wait: no customer loses one, and none is sent on another channel. It resumes by itself once a message gets through.',
          )}
        </Text>
      </Stack>
    </SectionCard>
  )
}

function LaneRow({
  lane,
  isOpening,
  onOpen,
}: {
  lane: ChannelLane
  isOpening: boolean
  onOpen: () => void
}) {
  const { t, number } = useLocale()
  const { mayAdminister } = useSession()
  const isClosed = lane.state === 'closed'
  const cause = isClosed && lane.cause ? lane.cause : undefined
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={500}>
        {t(channelLabels[lane.channel])}
      </Table.Th>
      <Table.Td>
        <Group gap="xs">
          <Badge variant="light" tt="none" color={isClosed ? 'red' : 'pine'}>
            {isClosed ? t('stopped') : t('sending')}
          </Badge>
          {isClosed && <RelativeTime at={lane.closed_at} />}
        </Group>
      </Table.Td>
      <Table.Td>
        {cause ? t(faultLabels[cause] ?? cause) : '–'}
        {cause && lane.failed != null && lane.answered != null && (
          <Text size="sm">
            {t('{n} of {of}', { n: number(lane.failed), of: number(lane.answered) })}
          </Text>
        )}
      </Table.Td>
      <Table.Td>{isClosed ? <RelativeTime at={lane.probe_at} /> : '–'}</Table.Td>
      <Table.Td>
        {lane.daily
          ? t('{n} of {of}', { n: number(lane.daily.released), of: number(lane.daily.limit) })
          : t('no limit')}
      </Table.Td>
      <Table.Td>
        {isClosed && mayAdminister && (
          <Button variant="default" size="compact-sm" loading={isOpening} onClick={onOpen}>
            {t('Resume sending')}
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  )
}
