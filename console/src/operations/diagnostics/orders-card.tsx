// Lists a customer's orders: their prices, what vouchers took off, what of that was taken back, and
// what came in.
import { Table, Text } from '@mantine/core'
import { CampaignOfVoucher } from '../../campaign/campaign-link'
import type { OrderSummary, RecordView } from '../../client'
import { RelativeTime } from '../../components/relative-time'
import { ScrollTable } from '../../components/scroll-table'
import { SectionCard } from '../../components/section-card'
import { useLocale } from '../../locales/i18n'
import { orderStateLabels } from './labels'

export function OrdersCard({ orders, records }: { orders: OrderSummary[]; records: RecordView[] }) {
  const { t, number, minor } = useLocale()
  return (
    <SectionCard title={t('Orders')}>
      {orders.length === 0 ? (
        <Text>{t('No orders on record.')}</Text>
      ) : (
        <ScrollTable label={t('Orders')} miw={760}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('Order id')}</Table.Th>
              <Table.Th>{t('When')}</Table.Th>
              <Table.Th>{t('State')}</Table.Th>
              <Table.Th className="number">{t('Lines')}</Table.Th>
              <Table.Th className="number">{t('Full price')}</Table.Th>
              <Table.Th className="number">{t('Discount')}</Table.Th>
              <Table.Th className="number">{t('Discount reversed')}</Table.Th>
              <Table.Th className="number">{t('Revenue')}</Table.Th>
              <Table.Th>{t('Vouchers')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {orders.map((order) => (
              <Table.Tr key={order.order_id}>
                <Table.Th scope="row" fw={500} className="wrap">
                  <span dir="auto">{order.order_id}</span>
                </Table.Th>
                <Table.Td>
                  <RelativeTime at={order.placed_at} />
                </Table.Td>
                <Table.Td>{t(orderStateLabels[order.state] ?? order.state)}</Table.Td>
                <Table.Td className="number">{number(order.lines)}</Table.Td>
                <Table.Td className="number">{minor(order.total, order.currency)}</Table.Td>
                <Table.Td className="number">{minor(order.discount, order.currency)}</Table.Td>
                <Table.Td className="number">{minor(order.returned, order.currency)}</Table.Td>
                <Table.Td className="number">{minor(order.revenue, order.currency)}</Table.Td>
                <Table.Td className="wrap">
                  {order.taken.length === 0
                    ? '–'
                    : order.taken.map(({ voucher_id, discount }) => (
                        <div key={voucher_id}>
                          <CampaignOfVoucher voucher={voucher_id} records={records} />{' '}
                          <Text span size="xs" c="dimmed">
                            {minor(discount, order.currency)}
                          </Text>
                        </div>
                      ))}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </ScrollTable>
      )}
    </SectionCard>
  )
}
