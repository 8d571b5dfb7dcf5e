// Shows a campaign's exposure: the most that its vouchers can cost.
import { Table, Text } from '@mantine/core'
import type { CampaignPerformance } from '../client'
import { SectionCard } from '../components/section-card'
import { useLocale } from '../locales/i18n'

export function ExposureCard({
  exposure,
  currency,
}: {
  exposure: CampaignPerformance['exposure']
  currency: string
}) {
  const { t, minor, number } = useLocale()
  const rows: [string, string, number][] = [
    [t('Issued, not accepted'), t('can still be accepted'), exposure.committed],
    [t('Accepted, not redeemed'), t('can still be redeemed'), exposure.firm],
    [t('Redeemed'), t('redeemed'), exposure.spent],
    [t('Expired or revoked'), t('declined, expired or revoked'), exposure.released],
  ]
  return (
    <SectionCard title={t('Exposure: the most it can cost')}>
      <Table verticalSpacing={4}>
        <Table.Tbody>
          {rows.map(([name, says, amount]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={500}>
                {name}
                <Text size="xs" c="dimmed">
                  {says}
                </Text>
              </Table.Th>
              <Table.Td className="number">{minor(amount, currency)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="sm">
        {exposure.forecast
          ? t('Open vouchers are expected to cost about {cost}, in {n} redemptions.', {
              cost: minor(exposure.forecast.cost, currency),
              n: number(exposure.forecast.redemptions),
            })
          : t('There are too few redemptions for a forecast.')}
      </Text>
    </SectionCard>
  )
}
