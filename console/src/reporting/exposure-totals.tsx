// Shows what the vouchers of all campaigns can still cost.
import { Table, Text } from '@mantine/core'
import { kindLabels } from '../campaign/labels'
import type { ExposureTotal } from '../client'
import { SectionCard } from '../components/section-card'
import { useLocale } from '../locales/i18n'

export function ExposureTotals({ totals }: { totals: ExposureTotal[] }) {
  const { t, minor, number } = useLocale()
  if (totals.length === 0) return null
  return (
    <SectionCard title={t('What vouchers can still cost')}>
      <div
        className="scroll"
        role="group"
        aria-label={t('What vouchers can still cost')}
        tabIndex={0}
      >
        <Table miw={640} verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('Kind')}</Table.Th>
              {[
                t('Issued, not accepted'),
                t('Accepted, not redeemed'),
                t('Redeemed'),
                t('Expired or revoked'),
                t('Still to come'),
              ].map((name) => (
                <Table.Th key={name} className="number">
                  {name}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {totals.map(({ kind, currency, committed, firm, spent, released, forecast }) => (
              <Table.Tr key={kind + currency}>
                <Table.Th scope="row" fw={500}>
                  {t(kindLabels[kind])} · {currency}
                </Table.Th>
                {[committed, firm, spent, released].map((amount, place) => (
                  <Table.Td key={place} className="number">
                    {minor(amount, currency)}
                  </Table.Td>
                ))}
                <Table.Td className="number">
                  {forecast ? minor(forecast.cost, currency) : '–'}
                  {forecast && (
                    <Text size="xs" c="dimmed">
                      {t('{n} redemptions', { n: number(forecast.redemptions) })}
                    </Text>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <Text size="sm" c="dimmed">
        {t(
          'Open vouchers are as of today; redeemed, expired and revoked ones are of this period. Still to come is estimated from the campaigns’ own redemptions, from 20 on.',
        )}
      </Text>
    </SectionCard>
  )
}
