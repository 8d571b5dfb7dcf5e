// Edits the brand that messages carry.
import { ColorInput, TextInput } from '@mantine/core'
import { callApiWithEtag } from '../../api/requests'
import { textLimits } from '../../api/text-limits'
import { type BrandSettings, readBrand, replaceBrand } from '../../client'
import { CountedTextarea, CountedTextInput } from '../../components/counted-text'
import { PictureField } from '../../components/picture-field'
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
        const picture = (field: 'logo_url' | 'logo_dark_url') => ({
          value: value[field] ?? '',
          error: errorAt(`/${field}`),
          onChange: (url: string) => set({ [field]: url || undefined }),
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
          <SectionCard title={t('E-mail design')}>
            <CountedTextInput
              label={t('Sender name')}
              limit={textLimits.senderName}
              {...text('sender_name')}
            />
            <TextInput label={t('Reply-to address')} type="email" {...text('reply_to')} />
            <PictureField
              label={t('Logo')}
              hint={t('A public https address of an image.')}
              {...picture('logo_url')}
            />
            <PictureField
              label={t('Logo for dark mode')}
              hint={t('Leave blank to show the logo on a white background.')}
              {...picture('logo_dark_url')}
            />
            <ColorInput
              label={t('Colour')}
              description={t(
                'For buttons and links. Button text is white or black, whichever is easier to read.',
              )}
              {...color('color')}
            />
            <ColorInput
              label={t('Background colour')}
              description={t('Leave blank for light grey.')}
              {...color('background_color')}
            />
            <CountedTextarea
              label={t('Postal address')}
              description={t('Shown at the end of every e-mail. Many countries require it.')}
              autosize
              minRows={2}
              limit={textLimits.postalAddress}
              {...text('postal_address')}
            />
            <CountedTextInput
              label={t('Support')}
              description={t('A contact or a short text at the end of every e-mail.')}
              limit={textLimits.support}
              {...text('support')}
            />
          </SectionCard>
        )
      }}
    </SettingForm>
  )
}
