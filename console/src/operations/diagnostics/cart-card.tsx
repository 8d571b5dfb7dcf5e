// Prices a cart with a customer's vouchers, as the checkout would: what each voucher takes off or why
// it does not apply, and which of them together save the most. Nothing is held or redeemed.
import {
  Button,
  Checkbox,
  Fieldset,
  Group,
  SimpleGrid,
  Stack,
  Table,
  Text,
  TextInput,
} from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useFieldErrorAt } from '../../api/api-messages'
import { callApi } from '../../api/requests'
import { useSession } from '../../app/session'
import { CampaignLink, CampaignOfVoucher } from '../../campaign/campaign-link'
import {
  type AppliedVoucher,
  type Basket,
  type Quote,
  type QuotedVoucher,
  tryCart,
} from '../../client'
import { KeyFigure } from '../../components/key-figure'
import { ProblemAlert } from '../../components/problem-alert'
import { RelativeTime } from '../../components/relative-time'
import { ScrollTable } from '../../components/scroll-table'
import { SectionCard } from '../../components/section-card'
import { TypedNumberInput } from '../../components/typed-number-input'
import { currencyDigits, useLocale } from '../../locales/i18n'
import { refusalLabels, statusLabels } from '../../voucher/labels'
import { addLine, basketTotal, type Cart, type CartLine, toBasket } from './cart'

const CURRENCY_LETTERS = 3

export function CartCard({ customer, firstOrder }: { customer: string; firstOrder: boolean }) {
  const { t } = useLocale()
  const session = useSession()
  const [cart, setCart] = useState<Cart>({
    currency: session.currency,
    deliveryFee: undefined,
    firstOrder,
    lines: addLine([]),
  })
  const trying = useMutation({
    mutationFn: (basket: Basket) => callApi(tryCart({ path: { id: customer }, body: { basket } })),
  })
  const errorAt = useFieldErrorAt(trying.error)
  // The answer is about the cart that was priced, so it goes when the cart changes.
  const change = (next: Partial<Cart>) => {
    trying.reset()
    setCart((old) => ({ ...old, ...next }))
  }
  return (
    <SectionCard title={t('Try a cart')}>
      <Text size="sm">
        {t(
          'Shows the discount their vouchers would give at checkout now. Nothing is held or redeemed.',
        )}
      </Text>
      <Stack
        component="form"
        onSubmit={(event) => {
          event.preventDefault()
          trying.mutate(toBasket(cart))
        }}
      >
        <CartFields
          cart={cart}
          change={change}
          errorAt={(pointer) => errorAt(`/basket${pointer}`)}
        />
        {trying.error && <ProblemAlert error={trying.error} />}
        <Group>
          <Button variant="default" onClick={() => change({ lines: addLine(cart.lines) })}>
            {t('Add a line')}
          </Button>
          <Button type="submit" loading={trying.isPending} disabled={cart.lines.length === 0}>
            {t('Try it')}
          </Button>
        </Group>
      </Stack>
      <div aria-live="polite">
        {trying.data && trying.variables && (
          <QuoteResult quote={trying.data} basket={trying.variables} />
        )}
      </div>
    </SectionCard>
  )
}

function CartFields({
  cart,
  change,
  errorAt,
}: {
  cart: Cart
  change: (next: Partial<Cart>) => void
  errorAt: (pointer: string) => string | undefined
}) {
  const { t } = useLocale()
  const changeLine = (place: number, next: Partial<CartLine>) =>
    change({ lines: cart.lines.map((line, at) => (at === place ? { ...line, ...next } : line)) })
  return (
    <>
      <Group align="flex-start">
        <TextInput
          label={t('Currency')}
          required
          minLength={CURRENCY_LETTERS}
          maxLength={CURRENCY_LETTERS}
          w={110}
          dir="ltr"
          value={cart.currency}
          error={errorAt('/currency')}
          onChange={({ currentTarget }) => change({ currency: currentTarget.value.toUpperCase() })}
        />
        <AmountInput
          label={t('Delivery fee')}
          currency={cart.currency}
          value={cart.deliveryFee}
          error={errorAt('/delivery_fee')}
          onChange={(deliveryFee) => change({ deliveryFee })}
        />
      </Group>
      <Checkbox
        label={t('First order of this customer')}
        checked={cart.firstOrder}
        onChange={({ currentTarget }) => change({ firstOrder: currentTarget.checked })}
      />
      {errorAt('/lines') && <Text c="var(--mantine-color-error)">{errorAt('/lines')}</Text>}
      {cart.lines.map((line, place) => (
        <LineFields
          key={line.id}
          line={line}
          currency={cart.currency}
          change={(next) => changeLine(place, next)}
          remove={() => change({ lines: cart.lines.filter((_, at) => at !== place) })}
          errorAt={(name) => errorAt(`/lines/${place}/${name}`)}
        />
      ))}
    </>
  )
}

function LineFields({
  line,
  currency,
  change,
  remove,
  errorAt,
}: {
  line: CartLine
  currency: string
  change: (next: Partial<CartLine>) => void
  remove: () => void
  errorAt: (name: keyof CartLine) => string | undefined
}) {
  const { t } = useLocale()
  const name = t('Line {id}', { id: line.id })
  return (
    <Fieldset legend={name}>
      <Group align="flex-start">
        <TextInput
          label={t('Vertical')}
          required
          w={150}
          dir="auto"
          value={line.vertical}
          error={errorAt('vertical')}
          onChange={({ currentTarget }) => change({ vertical: currentTarget.value })}
        />
        <TextInput
          label={t('Merchant')}
          required
          w={150}
          dir="auto"
          value={line.merchant}
          error={errorAt('merchant')}
          onChange={({ currentTarget }) => change({ merchant: currentTarget.value })}
        />
        <TextInput
          label={t('Category')}
          w={150}
          dir="auto"
          value={line.category}
          error={errorAt('category')}
          onChange={({ currentTarget }) => change({ category: currentTarget.value })}
        />
        <TypedNumberInput
          label={t('Quantity')}
          w={100}
          value={line.quantity}
          error={errorAt('quantity')}
          onChange={(quantity) => change({ quantity })}
        />
        <AmountInput
          label={t('Amount of the line')}
          required
          currency={currency}
          value={line.amount}
          error={errorAt('amount')}
          onChange={(amount) => change({ amount })}
        />
        <Button
          variant="default"
          mt={25}
          onClick={remove}
          aria-label={t('Remove {name}', { name })}
        >
          {t('Remove')}
        </Button>
      </Group>
    </Fieldset>
  )
}

function AmountInput({
  label,
  currency,
  required,
  value,
  error,
  onChange,
}: {
  label: string
  currency: string
  required?: boolean
  value: number | undefined
  error: string | undefined
  onChange: (amount: number | undefined) => void
}) {
  return (
    <TypedNumberInput
      label={label}
      required={required}
      digits={currencyDigits(currency)}
      unit={currency}
      w={190}
      value={value}
      error={error}
      onChange={onChange}
    />
  )
}

function QuoteResult({ quote, basket }: { quote: Quote; basket: Basket }) {
  const { t, minor } = useLocale()
  if (quote.vouchers.length === 0) return <Text>{t('This customer has no open vouchers.')}</Text>
  const { best } = quote
  const total = basketTotal(basket)
  return (
    <Stack gap="sm">
      <Text component="h3" fw={600}>
        {t('The best together')}
      </Text>
      {best.vouchers.length === 0 ? (
        <Text>{t('No voucher applies to this cart.')}</Text>
      ) : (
        <ol style={{ margin: 0 }}>
          {best.vouchers.map((applied) => (
            <li key={applied.voucher_id}>
              <CampaignOfVoucher voucher={applied.voucher_id} records={quote.vouchers} />
              <AppliedText applied={applied} />
            </li>
          ))}
        </ol>
      )}
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <KeyFigure label={t('Cart')} value={minor(total, basket.currency)} />
        <KeyFigure
          label={t('Discount')}
          value={minor(best.discount.amount, best.discount.currency)}
        />
        <KeyFigure
          label={t('Total to pay')}
          value={minor(total - best.discount.amount, basket.currency)}
        />
      </SimpleGrid>
      {!best.exhaustive && (
        <Text size="sm">
          {t(
            'This customer has too many vouchers to try every combination. A better one may exist.',
          )}
        </Text>
      )}
      <Text component="h3" fw={600}>
        {t('Each voucher alone')}
      </Text>
      <ScrollTable label={t('Each voucher alone')} miw={560}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('Campaign')}</Table.Th>
            <Table.Th>{t('Status')}</Table.Th>
            <Table.Th>{t('Until')}</Table.Th>
            <Table.Th>{t('On this cart')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {quote.vouchers.map((voucher) => (
            <Table.Tr key={voucher.voucher_id}>
              <Table.Th scope="row" fw={500} className="wrap">
                <CampaignLink id={voucher.campaign_id} />
              </Table.Th>
              <Table.Td>{t(statusLabels[voucher.status])}</Table.Td>
              <Table.Td>
                <RelativeTime at={voucher.ends_at} />
              </Table.Td>
              <Table.Td>
                <VoucherAlone voucher={voucher} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ScrollTable>
    </Stack>
  )
}

/** Says what a voucher takes off, or why it does not apply and how much is missing. */
function VoucherAlone({ voucher }: { voucher: QuotedVoucher }) {
  const { t, money } = useLocale()
  if (voucher.applicable && voucher.applied) return <AppliedText applied={voucher.applied} />
  return (
    <>
      <Text size="sm" fw={600}>
        {t('Does not apply')}
      </Text>
      {voucher.hint && <Text size="sm">{t(refusalLabels[voucher.hint] ?? voucher.hint)}</Text>}
      {voucher.missing && (
        <Text size="sm">{t('{amount} more needed', { amount: money(voucher.missing) })}</Text>
      )}
    </>
  )
}

function AppliedText({ applied }: { applied: AppliedVoucher }) {
  const { t, money, minor } = useLocale()
  const { currency } = applied.discount
  const parts = [
    ...applied.lines.map(
      ({ id, amount }) => `${t('Line {id}', { id })}: ${minor(amount, currency)}`,
    ),
    ...(applied.delivery_fee > 0
      ? [`${t('Delivery fee')}: ${minor(applied.delivery_fee, currency)}`]
      : []),
  ]
  return (
    <>
      <Text size="sm" fw={600}>
        {t('{amount} off', { amount: money(applied.discount) })}
      </Text>
      <Text size="sm">{parts.join(' · ')}</Text>
    </>
  )
}
