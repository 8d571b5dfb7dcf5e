// Edits the audience rule as blocks: groups of conditions that can be nested, each condition with
// the inputs it needs.
import { Button, Group, Paper, SegmentedControl, Select, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import type { JsonValue } from '../../api/json-pointer'
import { useSession } from '../../app/session'
import { msg, useLocale } from '../../locales/i18n'
import { useDraft } from './campaign-draft'
import { IdListField, MoneyField, NumberField } from './draft-fields'
import {
  AttributeFields,
  DayFields,
  SampleFields,
  SegmentField,
  VoucherFields,
} from './past-fields'
import { PlaceField } from './place-field'
import { removeWithUndo } from './remove-with-undo'
import { ValueField, ValueListField } from './value-fields'

/** The conditions by what they are about. */
const ruleKinds: [group: string, kinds: [kind: string, label: string][]][] = [
  [
    msg('Orders'),
    [
      ['ordered', msg('ordered in a vertical')],
      ['never_ordered', msg('never ordered in a vertical')],
      ['orders_count', msg('number of orders')],
      ['spend', msg('amount spent')],
      ['first_order', msg('first order')],
      ['last_order', msg('last order')],
      ['order_gap', msg('days between orders')],
      ['had_voucher', msg('vouchers so far')],
    ],
  ],
  [
    msg('Profile'),
    [
      ['within_km', msg('location near a place')],
      ['near_merchants', msg('location near merchants')],
      ['locale', msg('language')],
      ['signed_up', msg('sign-up date')],
      ['tags', msg('tags')],
      ['attribute', msg('attribute')],
      ['consents_to', msg('consent to a channel')],
    ],
  ],
  [
    msg('Customers'),
    [
      ['everyone', msg('everyone')],
      ['segment', msg('saved segment')],
      ['sample', msg('random sample')],
      ['customer_ids', msg('list of customer ids')],
    ],
  ],
  [
    msg('Groups of conditions'),
    [
      ['all', msg('a group: all of these')],
      ['any', msg('a group: any of these')],
      ['not', msg('not')],
    ],
  ],
]
const MAX_DEPTH = 8

function initialCondition(kind: string, currency: string): JsonValue {
  switch (kind) {
    case 'ordered':
    case 'never_ordered':
      return { vertical: '' }
    case 'orders_count':
      return { at_least: 1 }
    case 'spend':
      return { at_least: { amount: 10000, currency } }
    case 'first_order':
    case 'last_order':
    case 'signed_up':
      return { days_ago_at_most: 30 }
    case 'order_gap':
      return { at_most: 30 }
    case 'had_voucher':
      return { stage: 'had', days_ago_at_most: 30 }
    case 'attribute':
      return { name: '' }
    case 'segment':
      return { id: '' }
    case 'sample':
      return { name: '', percent: 10 }
    case 'within_km':
      return { points: [], km: 5 }
    case 'near_merchants':
      return { opened_within_days: 14, km: 5 }
    case 'locale':
    case 'customer_ids':
    case 'tags':
      return { any_of: [] }
    case 'consents_to':
      return { channel: 'email' }
    case 'all':
    case 'any':
      return [{ ordered: { vertical: '' } }]
    case 'not':
      return { ordered: { vertical: '' } }
    default:
      return {}
  }
}

export function RuleEditor({
  at,
  remove,
  depth = 1,
}: {
  at: string
  remove?: () => void
  depth?: number
}) {
  const { t } = useLocale()
  const { currency } = useSession()
  const draft = useDraft()
  const { get, set, errorAt } = draft
  const node = (get(at) ?? { everyone: {} }) as Record<string, JsonValue>
  const kind = Object.keys(node)[0] ?? 'everyone'
  const below = `${at}/${kind}`
  const head = (
    <Group align="flex-end" gap="xs">
      <Select
        aria-label={t('Condition')}
        value={kind}
        allowDeselect={false}
        w={250}
        error={errorAt(at) ?? errorAt(below)}
        maxDropdownHeight={360}
        searchable
        data={ruleKinds.map(([group, kinds]) => ({
          group: t(group),
          items: kinds
            .filter(([one]) => depth < MAX_DEPTH || !['all', 'any', 'not'].includes(one))
            .filter(([one]) => one !== 'near_merchants' || !at.includes('/not'))
            .map(([value, label]) => ({ value, label: t(label) })),
        }))}
        onChange={(next) => {
          if (!next) return
          const grouped = next === 'all' || next === 'any'
          // A group keeps its content when only its kind changes, and a single condition moves into
          // the new group.
          const content = grouped
            ? kind === 'all' || kind === 'any'
              ? node[kind]!
              : kind === 'everyone'
                ? initialCondition(next, currency)
                : [node]
            : next === 'not' && kind !== 'everyone'
              ? node
              : initialCondition(next, currency)
          set(at, { [next]: content })
        }}
      />
      {remove && (
        <Button
          variant="subtle"
          color="gray"
          c="var(--mantine-color-text)"
          onClick={() => removeWithUndo(draft, t, remove)}
        >
          {t('Remove')}
        </Button>
      )}
    </Group>
  )
  if (kind === 'all' || kind === 'any') {
    const inside = (node[kind] as JsonValue[] | undefined) ?? []
    return (
      <Stack gap="xs" className="rule-group">
        {head}
        {inside.map((_, place) => (
          <RuleEditor
            key={place}
            at={`${below}/${place}`}
            depth={depth + 1}
            remove={() => set(`${below}/${place}`, undefined)}
          />
        ))}
        <Group>
          <Button
            variant="light"
            size="xs"
            onClick={() => set(`${below}/${inside.length}`, { ordered: { vertical: '' } })}
          >
            {t('Add a condition')}
          </Button>
        </Group>
      </Stack>
    )
  }
  if (kind === 'not')
    return (
      <Stack gap="xs" className="rule-group">
        {head}
        <RuleEditor at={below} depth={depth + 1} />
      </Stack>
    )
  return (
    <Paper withBorder p="sm">
      <Stack gap="xs">
        {head}
        <ConditionFields kind={kind} at={below} />
      </Stack>
    </Paper>
  )
}

function ConditionFields({ kind, at }: { kind: string; at: string }) {
  const { t } = useLocale()
  const { get, set } = useDraft()
  const vertical = (
    <ValueField
      at={`${at}/vertical`}
      of="vertical"
      label={t('Limit to vertical (optional)')}
      hint={t('Type to search the verticals of your orders.')}
    />
  )
  const window = (
    <NumberField
      at={`${at}/in_days`}
      label={t('Only the last days (optional)')}
      hint={t('1 to 365, today included.')}
    />
  )
  switch (kind) {
    case 'ordered':
    case 'never_ordered':
      return (
        <ValueField
          at={`${at}/vertical`}
          of="vertical"
          label={t('Vertical')}
          hint={t('Type to search the verticals of your orders.')}
          required
        />
      )
    case 'orders_count':
      return (
        <Group align="flex-start">
          <NumberField at={`${at}/at_least`} label={t('Minimum')} />
          <NumberField at={`${at}/at_most`} label={t('Maximum')} />
          {window}
          {vertical}
        </Group>
      )
    case 'spend':
      return (
        <Group align="flex-start">
          <MoneyField at={`${at}/at_least`} label={t('Minimum')} />
          <MoneyField at={`${at}/at_most`} label={t('Maximum')} />
          {window}
          {vertical}
        </Group>
      )
    case 'order_gap':
      return (
        <Group align="flex-start">
          <NumberField at={`${at}/at_least`} label={t('Minimum')} />
          <NumberField at={`${at}/at_most`} label={t('Maximum')} />
        </Group>
      )
    case 'had_voucher':
      return <VoucherFields at={at} />
    case 'attribute':
      return <AttributeFields at={at} />
    case 'segment':
      return <SegmentField at={at} />
    case 'sample':
      return <SampleFields at={at} />
    case 'first_order':
    case 'last_order':
    case 'signed_up':
      return (
        <Group align="flex-start">
          <DayFields at={at} />
          {kind === 'last_order' && vertical}
        </Group>
      )
    case 'within_km':
      return (
        <>
          <PlaceField at={`${at}/points`} label={t('Places')} />
          <NumberField at={`${at}/km`} label={t('Kilometres')} digits={3} />
        </>
      )
    case 'near_merchants':
      return <NearMerchantsFields at={at} vertical={vertical} />
    case 'locale':
      return (
        <ValueListField
          at={`${at}/any_of`}
          of="locale"
          label={t('Languages')}
          hint={t('For example en, es-ES, ar. Press Enter after each.')}
        />
      )
    case 'customer_ids':
      return (
        <IdListField
          at={`${at}/any_of`}
          label={t('Customer ids')}
          hint={t('One per line, or paste a list. Up to 1,000.')}
        />
      )
    case 'tags':
      return (
        <>
          <ValueListField at={`${at}/any_of`} of="tag" label={t('Any of')} />
          <ValueListField at={`${at}/all_of`} of="tag" label={t('All of')} />
          <ValueListField at={`${at}/none_of`} of="tag" label={t('None of')} />
        </>
      )
    case 'consents_to':
      return (
        <Select
          label={t('Channel')}
          w={200}
          allowDeselect={false}
          value={String(get(`${at}/channel`) ?? 'email')}
          onChange={(next) => next && set(`${at}/channel`, next)}
          data={[
            { value: 'sms', label: t('SMS') },
            { value: 'email', label: t('E-mail') },
            { value: 'push', label: t('Push') },
          ]}
        />
      )
    default:
      return null
  }
}

/** Picks merchants by name, or those that opened lately. */
function NearMerchantsFields({ at, vertical }: { at: string; vertical: ReactNode }) {
  const { t } = useLocale()
  const { get, set } = useDraft()
  const node = (get(at) ?? {}) as Record<string, JsonValue>
  const named = 'merchants' in node
  return (
    <Stack gap="xs">
      <SegmentedControl
        aria-label={t('Which merchants')}
        maw={420}
        value={named ? 'named' : 'new'}
        onChange={(next) => {
          const { merchants: _, opened_within_days: __, ...rest } = node
          set(
            at,
            next === 'named' ? { ...rest, merchants: [] } : { ...rest, opened_within_days: 14 },
          )
        }}
        data={[
          { value: 'new', label: t('New merchants') },
          { value: 'named', label: t('Chosen merchants') },
        ]}
      />
      {named ? (
        <ValueListField
          at={`${at}/merchants`}
          of="merchant"
          label={t('Merchants')}
          hint={t('Type to search the merchants of your catalogue.')}
          keepEmpty
        />
      ) : null}
      <Group align="flex-start">
        {!named && (
          <NumberField
            at={`${at}/opened_within_days`}
            label={t('Merchants opened within (days)')}
          />
        )}
        <NumberField at={`${at}/km`} label={t('Kilometres')} digits={3} />
        {vertical}
      </Group>
    </Stack>
  )
}
