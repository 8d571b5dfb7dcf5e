// Shows step 1 of the wizard: name, trigger (of autopilots), benefit, scope, what the offer combines
// with, and validity.
import { Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { DAY_MS, stackTime } from '../../api/clock'
import { textLimits } from '../../api/text-limits'
import { useSession } from '../../app/session'
import type { CampaignKind } from '../../client'
import { SectionCard } from '../../components/section-card'
import { useLocale } from '../../locales/i18n'
import { useDraft } from './campaign-draft'
import {
  CheckboxField,
  DateTimeField,
  HoursField,
  MoneyField,
  NumberField,
  ShapeSelect,
  TagListField,
  TextField,
} from './draft-fields'
import { TriggerCard } from './trigger-card'

export const firstKey = (value: unknown) =>
  value && typeof value === 'object' ? Object.keys(value)[0] : undefined

export function OfferStep({ kind }: { kind: CampaignKind }) {
  const { t } = useLocale()
  const { currency } = useSession()
  const { get, errorAt } = useDraft()
  const benefit = firstKey(get('/offer/benefit'))
  const validity = firstKey(get('/validity'))
  const combinationError = errorAt('/offer/combination')
  const five = { amount: 500, currency }
  return (
    <Stack>
      <SectionCard title={t('Name')}>
        <TextField
          at="/name"
          label={t('Name')}
          hint={t('For you and your colleagues; a message can show it too.')}
          required
          limit={textLimits.campaignName}
        />
        <TextField
          at="/description"
          label={t('Description')}
          long
          rows={2}
          limit={textLimits.description}
        />
      </SectionCard>
      {kind === 'autopilot' && <TriggerCard />}
      <SectionCard title={t('What customers get')}>
        <ShapeSelect
          at="/offer/benefit"
          label={t('Benefit')}
          shapes={[
            { key: 'fixed_amount', label: t('A fixed amount off'), first: { amount: five } },
            {
              key: 'percent',
              label: t('A percentage off, with a most'),
              first: { percent: 20, cap: { amount: 1000, currency } },
            },
            { key: 'free_delivery', label: t('Free delivery, with a most'), first: { cap: five } },
          ]}
        />
        {benefit === 'fixed_amount' && (
          <MoneyField at="/offer/benefit/fixed_amount/amount" label={t('Amount')} required />
        )}
        {benefit === 'percent' && (
          <Group align="flex-start">
            <NumberField
              at="/offer/benefit/percent/percent"
              label={t('Percent')}
              unit="%"
              required
            />
            <MoneyField at="/offer/benefit/percent/cap" label={t('At most')} required />
          </Group>
        )}
        {benefit === 'free_delivery' && (
          <MoneyField at="/offer/benefit/free_delivery/cap" label={t('At most')} required />
        )}
        <MoneyField
          at="/offer/minimum_basket"
          label={t('Minimum basket')}
          hint={t('Empty: any order.')}
        />
        <CheckboxField
          at="/offer/first_order_only"
          label={t('Only on the customer’s first order')}
        />
      </SectionCard>
      <SectionCard title={t('Where it can be used')}>
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          <TagListField
            at="/offer/scope/verticals"
            label={t('Verticals')}
            hint={t('Empty: everywhere.')}
          />
          <TagListField
            at="/offer/scope/merchants"
            label={t('Merchants')}
            hint={t('Empty: everywhere.')}
          />
          <TagListField
            at="/offer/scope/categories"
            label={t('Categories')}
            hint={t('Empty: everywhere.')}
          />
        </SimpleGrid>
      </SectionCard>
      <SectionCard title={t('Combines with')}>
        <Text size="sm">
          {t(
            'An offer stands alone on an order unless it and the other offer name each other’s groups.',
          )}
        </Text>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextField
            at="/offer/combination/group"
            label={t('Its group')}
            hint={t('Empty: it stands alone.')}
            limit={textLimits.label}
          />
          <TagListField
            at="/offer/combination/with"
            label={t('Groups it combines with')}
            hint={t('Empty: it stands alone.')}
            spaces
          />
        </SimpleGrid>
        {combinationError && (
          <Text size="sm" c="var(--mantine-color-error)" role="alert">
            {combinationError}
          </Text>
        )}
      </SectionCard>
      <SectionCard title={t('How long it is valid')}>
        <ShapeSelect
          at="/validity"
          label={t('Validity')}
          shapes={[
            {
              key: 'from_acceptance',
              label: t('Some hours to accept, then some to use it'),
              first: { accept_within_hours: 168, hours: 168 },
            },
            {
              key: 'from_issue',
              label: t('Some hours from the moment it is issued'),
              first: { hours: 168 },
            },
            {
              key: 'absolute',
              label: t('Between two dates'),
              first: {
                from: new Date(stackTime()).toISOString(),
                until: new Date(stackTime() + 14 * DAY_MS).toISOString(),
              },
            },
          ]}
        />
        {validity === 'from_acceptance' && (
          <Group align="flex-start">
            <HoursField
              at="/validity/from_acceptance/accept_within_hours"
              label={t('Accept within')}
              required
            />
            <HoursField
              at="/validity/from_acceptance/hours"
              label={t('Then redeem within')}
              required
            />
          </Group>
        )}
        {validity === 'from_issue' && (
          <HoursField at="/validity/from_issue/hours" label={t('Redeem within')} required />
        )}
        {validity === 'absolute' && (
          <Group align="flex-start">
            <DateTimeField at="/validity/absolute/from" label={t('From')} />
            <DateTimeField at="/validity/absolute/until" label={t('Until')} />
          </Group>
        )}
      </SectionCard>
    </Stack>
  )
}
