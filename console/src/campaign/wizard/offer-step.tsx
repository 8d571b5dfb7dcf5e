// Shows step 1 of the wizard: name, trigger (of autopilots), benefit, scope, what the offer combines
// with, and validity.
import { Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { DAY_MS, stackTime } from '../../api/clock'
import { textLimits } from '../../api/text-limits'
import type { CampaignKind } from '../../client'
import { SectionCard } from '../../components/section-card'
import { isGoodwill } from '../goodwill'
import { useLocale } from '../../locales/i18n'
import { BenefitFields, firstKey } from './benefit-fields'
import { useDraft } from './campaign-draft'
import { PRESET_VOUCHERS } from './definition'
import {
  CheckboxField,
  DateTimeField,
  HoursField,
  MoneyField,
  ShapeSelect,
  TagListField,
  TextField,
} from './draft-fields'
import { ValueListField } from './value-fields'
import { TriggerCard } from './trigger-card'
import { VariantsCardFields } from './variants-card-fields'

export function OfferStep({ kind }: { kind: CampaignKind }) {
  const { t } = useLocale()
  const { definition, get, errorAt } = useDraft()
  const validity = firstKey(get('/validity'))
  const combinationError = errorAt('/offer/combination')
  return (
    <Stack>
      <SectionCard title={t('Name')}>
        <TextField
          at="/name"
          label={t('Name')}
          hint={t('Internal name. Customers see it only if a message uses the campaign_name tag.')}
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
        <BenefitFields at="/offer" />
        <MoneyField
          at="/offer/minimum_basket"
          label={t('Minimum basket')}
          hint={t('Leave blank for no minimum.')}
        />
        <PresetLimitNote />
        <CheckboxField
          at="/offer/first_order_only"
          label={t('Only on the customer’s first order')}
        />
      </SectionCard>
      <SectionCard title={t('Where it can be used')}>
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          <ValueListField
            at="/offer/scope/verticals"
            of="vertical"
            label={t('Verticals')}
            hint={t('Leave blank to allow all.')}
          />
          <ValueListField
            at="/offer/scope/merchants"
            of="merchant"
            label={t('Merchants')}
            hint={t('Leave blank to allow all.')}
          />
          <ValueListField
            at="/offer/scope/categories"
            of="category"
            label={t('Categories')}
            hint={t('Leave blank to allow all.')}
          />
        </SimpleGrid>
      </SectionCard>
      <SectionCard title={t('Combines with')}>
        <Text size="sm">
          {t('Two offers apply to the same order only if each one names the other’s group.')}
        </Text>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextField
            at="/offer/combination/group"
            label={t('Offer group')}
            hint={t('Leave blank if it can’t be combined.')}
            limit={textLimits.label}
          />
          <TagListField
            at="/offer/combination/with"
            label={t('Combines with groups')}
            hint={t('Leave blank if it can’t be combined.')}
            spaces
          />
        </SimpleGrid>
        {combinationError && (
          <Text size="sm" c="var(--mantine-color-error)" role="alert">
            {combinationError}
          </Text>
        )}
      </SectionCard>
      <SectionCard title={t('Validity period')}>
        <ShapeSelect
          at="/validity"
          label={t('Validity')}
          shapes={[
            {
              key: 'from_acceptance',
              label: t('Accept within X days, then Y days to redeem'),
              first: { accept_within_hours: 168, hours: 168 },
            },
            {
              key: 'from_issue',
              label: t('X days from issue'),
              first: { hours: 168 },
            },
            {
              key: 'absolute',
              label: t('Fixed dates'),
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
      {!isGoodwill(definition) && <VariantsCardFields />}
    </Stack>
  )
}

/** Says early which limit a new draft has, since it stands three steps further on. */
function PresetLimitNote() {
  const { t, number } = useLocale()
  const vouchers = useDraft().get('/caps/vouchers')
  if (vouchers !== PRESET_VOUCHERS) return null
  return (
    <Text size="sm" c="dimmed">
      {t('A new draft is limited to {n} vouchers. Change that under “Schedule & limits”.', {
        n: number(PRESET_VOUCHERS),
      })}
    </Text>
  )
}
