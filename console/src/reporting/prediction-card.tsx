// Shows what the last rehearsal before a launch has said beside what the launch did, and why the two
// can differ.
import { List, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { callApi } from '../api/requests'
import { type Campaign, type Prediction, readPrediction } from '../client'
import { RelativeTime } from '../components/relative-time'
import { SectionCard } from '../components/section-card'
import { msg, useLocale } from '../locales/i18n'

const numberLabels: Record<Prediction['lines'][number]['number'], string> = {
  scanned: msg('Customers read'),
  selected: msg('Selected'),
  vouchers: msg('Vouchers'),
  held_out: msg('Control group'),
  skipped: msg('Skipped'),
}
const reasonTexts: Record<Prediction['reasons'][number], string> = {
  not_finished: msg('The campaign is still running.'),
  campaign_changed: msg('The campaign was changed after the rehearsal.'),
  base_changed: msg('There were more or fewer customers at the launch.'),
  old: msg('The rehearsal was more than a day old at the launch.'),
  failures: msg('Some customers could not be processed.'),
}

/** Shows nothing for a campaign that was launched without a rehearsal. */
export default function PredictionCard({
  campaign,
  active,
}: {
  campaign: Pick<Campaign, 'id'>
  active: boolean
}) {
  const { t, number } = useLocale()
  const query = useQuery({
    queryKey: ['prediction', campaign.id],
    refetchInterval: active ? 10_000 : false,
    queryFn: ({ signal }) => callApi(readPrediction({ path: { id: campaign.id }, signal })),
  })
  const found = query.data
  if (!found?.predicted || found.lines.length === 0) return null
  const differs = found.lines.some(({ difference }) => difference !== 0)
  return (
    <SectionCard title={t('Predicted and happened')}>
      <Text size="sm" c="dimmed">
        {t('Rehearsed')} <RelativeTime at={found.predicted.at} />
      </Text>
      <Table verticalSpacing={4} maw={640} aria-label={t('Predicted and happened')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th />
            <Table.Th className="number">{t('Predicted')}</Table.Th>
            <Table.Th className="number">{t('Happened')}</Table.Th>
            <Table.Th className="number">{t('Difference')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {found.lines.map((line) => (
            <Table.Tr key={line.number}>
              <Table.Td>{t(numberLabels[line.number])}</Table.Td>
              <Table.Td className="number">{number(line.predicted)}</Table.Td>
              <Table.Td className="number">{number(line.happened)}</Table.Td>
              <Table.Td className="number">{number(line.difference)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {differs && found.reasons.length > 0 && (
        <List size="sm">
          {found.reasons.map((reason) => (
            <List.Item key={reason}>{t(reasonTexts[reason])}</List.Item>
          ))}
        </List>
      )}
    </SectionCard>
  )
}
