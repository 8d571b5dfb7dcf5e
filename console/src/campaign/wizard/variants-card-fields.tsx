// Divides a campaign's customers among variants: the name and share of each, and the offer in which it
// differs.
import { Button, Checkbox, Fieldset, Group, Stack, Text } from '@mantine/core'
import { textLimits } from '../../api/text-limits'
import type { CampaignVariant } from '../../client'
import { SectionCard } from '../../components/section-card'
import { useLocale } from '../../locales/i18n'
import { BenefitFields } from './benefit-fields'
import { useDraft } from './campaign-draft'
import { MoneyField, NumberField, TextField } from './draft-fields'
import { removeWithUndo } from './remove-with-undo'
import { evenShares, MAX_VARIANTS } from './variant-shares'

export function VariantsCardFields() {
  const { t, number } = useLocale()
  const draft = useDraft()
  const { definition, set, errorAt } = draft
  const variants: CampaignVariant[] = definition.variants ?? []
  const error = errorAt('/variants', true)
  const save = (next: CampaignVariant[]) =>
    set('/variants', next.length ? evenShares(next) : undefined)
  const named = (place: number) => t('Variant {n}', { n: number(place) })
  const add = () => {
    const first = variants.length ? variants : [{ name: named(1), share: 50 }]
    save([...first, { name: named(first.length + 1), share: 50 }])
  }
  const remove = (index: number) => {
    const rest = variants.filter((_, place) => place !== index)
    save(rest.length > 1 ? rest : [])
  }
  return (
    <SectionCard
      title={t('Variants')}
      actions={
        variants.length < MAX_VARIANTS && (
          <Button size="xs" variant="default" onClick={add}>
            {t('Add variant')}
          </Button>
        )
      }
    >
      <Text size="sm">
        {t(
          'Divides customers among several offers, so that the report shows which one earns most. Each customer keeps one variant.',
        )}
      </Text>
      {variants.map((variant, index) => (
        <Fieldset key={index} legend={variant.name || named(index + 1)}>
          <Stack>
            <Group align="flex-start">
              <TextField
                at={`/variants/${index}/name`}
                label={t('Name')}
                required
                limit={textLimits.label}
              />
              <NumberField at={`/variants/${index}/share`} label={t('Share')} unit="%" required />
            </Group>
            <Checkbox
              label={t('Has its own offer')}
              checked={Boolean(variant.offer)}
              onChange={({ currentTarget }) =>
                set(
                  `/variants/${index}/offer`,
                  currentTarget.checked
                    ? (structuredClone(definition.offer) as unknown as Parameters<typeof set>[1])
                    : undefined,
                )
              }
            />
            {variant.offer && (
              <>
                <BenefitFields at={`/variants/${index}/offer`} />
                <MoneyField
                  at={`/variants/${index}/offer/minimum_basket`}
                  label={t('Minimum basket')}
                  hint={t('Leave blank for no minimum.')}
                />
              </>
            )}
            <Group>
              <Button
                size="xs"
                variant="default"
                onClick={() => removeWithUndo(draft, t, () => remove(index))}
              >
                {t('Remove')}
              </Button>
            </Group>
          </Stack>
        </Fieldset>
      ))}
      {error && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {error}
        </Text>
      )}
    </SectionCard>
  )
}
