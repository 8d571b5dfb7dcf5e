// Shows a funnel from issued to redeemed, with bars and shares.
import { Table, Text } from '@mantine/core'
import type { CampaignPerformance } from '../client'
import { ScrollTable } from '../components/scroll-table'
import { useLocale } from '../locales/i18n'

export function FunnelTable({
  counts,
}: {
  counts:
    | CampaignPerformance
    | {
        issued: number
        sent: number
        delivered: number
        tapped: number
        accepted: number
        redeemed: number
      }
}) {
  const { t, number, percent } = useLocale()
  const stages: [string, number][] = [
    [t('Issued'), counts.issued],
    [t('Sent'), counts.sent],
    [t('Delivered'), counts.delivered],
    [t('Link tapped'), counts.tapped],
    [t('Accepted'), counts.accepted],
    [t('Redeemed'), counts.redeemed],
  ]
  const most = Math.max(1, ...stages.map(([, value]) => value))
  const isRepeated = stages.some(([, value]) => value > counts.issued)
  return (
    <>
      <ScrollTable label={t('Funnel')} withRowBorders={false} verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('Stage')}</Table.Th>
            <Table.Th className="bar-column">
              <span className="sr">{t('Share')}</span>
            </Table.Th>
            <Table.Th className="number heading">{t('Vouchers')}</Table.Th>
            <Table.Th className="number heading">{t('of issued')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {stages.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={500}>
                {name}
              </Table.Th>
              <Table.Td>
                <div className="bar-track" aria-hidden>
                  <div className="bar" style={{ width: `${(value / most) * 100}%` }} />
                </div>
              </Table.Td>
              <Table.Td className="number">{number(value)}</Table.Td>
              <Table.Td className="number">{percent(value, counts.issued)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ScrollTable>
      {isRepeated && <RepeatedStages />}
    </>
  )
}

/** Explains a stage that more vouchers reached than were issued, and why it has no percentage. */
export function RepeatedStages() {
  const { t } = useLocale()
  return (
    <Text size="sm" c="dimmed">
      {t(
        'A stage can count more than were issued: vouchers of earlier days, and vouchers that were redeemed again after a cancelled order. It has no percentage then.',
      )}
    </Text>
  )
}
