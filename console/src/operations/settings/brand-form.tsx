// Edits the brand that messages carry.
import { ColorInput, Textarea, TextInput } from '@mantine/core'
import { callApiWithEtag } from '../../api/requests'
import { type BrandSettings, readBrand, replaceBrand } from '../../client'
import { SectionCard } from '../../components/section-card'
import { useLocale } from '../../locales/i18n'
import { SettingForm } from './setting-form'

const pickBrand = ({
  sender_name,
  reply_to,
  logo_url,
  logo_dark_url,
  color,
  background_color,
  postal_address,
  support,
}: BrandSettings): BrandSettings => ({
  sender_name,
  reply_to,
  logo_url,
  logo_dark_url,
  color,
  background_color,
  postal_address,
  support,
})

export function BrandForm() {
  const { t } = useLocale()
  return (
    <SettingForm<BrandSettings>
      name="brand"
      read={async (signal) => {
        const { data, etag } = await callApiWithEtag(readBrand({ signal }))
        return { data: pickBrand(data), etag }
      }}
      write={async (body, etag) => {
        const after = await callApiWithEtag(replaceBrand({ body, headers: { 'If-Match': etag } }))
        return { data: pickBrand(after.data), etag: after.etag }
      }}
    >
      {({ value, set, errorAt }) => {
        const text = (field: keyof BrandSettings) => ({
          value: value[field] ?? '',
          error: errorAt(`/${field}`),
          onChange: ({ currentTarget }: { currentTarget: { value: string } }) =>
            set({ [field]: currentTarget.value || undefined }),
        })
        const color = (field: 'color' | 'background_color') => ({
          format: 'hex' as const,
          value: value[field] ?? '',
          error: errorAt(`/${field}`),
          onChange: (chosen: string) => set({ [field]: chosen || undefined }),
          eyeDropperButtonProps: { 'aria-label': t('Pick a colour') },
          popoverProps: { withinPortal: true },
        })
        return (
          <SectionCard title={t('How e-mails look')}>
            <TextInput label={t('Sender name')} maxLength={60} {...text('sender_name')} />
            <TextInput label={t('Answers go to')} type="email" {...text('reply_to')} />
            <TextInput
              label={t('Logo')}
              description={t('A public https address of a picture.')}
              dir="ltr"
              {...text('logo_url')}
            />
            <TextInput
              label={t('Logo for dark mode')}
              description={t('Empty: the logo stands on a white plate there.')}
              dir="ltr"
              {...text('logo_dark_url')}
            />
            <ColorInput
              label={t('Colour')}
              description={t(
                'Of buttons and links; the words on a button are white or black, whichever can be read.',
              )}
              {...color('color')}
            />
            <ColorInput
              label={t('Colour around the page')}
              description={t('Empty: a light grey.')}
              {...color('background_color')}
            />
            <Textarea
              label={t('Postal address')}
              description={t('At the end of every e-mail; several countries ask for it.')}
              autosize
              minRows={2}
              maxLength={300}
              {...text('postal_address')}
            />
            <TextInput
              label={t('Support')}
              description={t('An address or a few words at the end of every e-mail.')}
              maxLength={200}
              {...text('support')}
            />
          </SectionCard>
        )
      }}
    </SettingForm>
  )
}
