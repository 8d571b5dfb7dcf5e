// Edits a picture of the draft, at its JSON pointer.
import { PictureField } from '../../components/picture-field'
import { useLocale } from '../../locales/i18n'
import { useDraft } from './campaign-draft'

export function PictureAt({ at, required }: { at: string; required?: boolean }) {
  const { t } = useLocale()
  const { get, set, errorAt, leave } = useDraft()
  const value = get(at)
  return (
    <PictureField
      label={t('Image address')}
      hint={t('A public https address of an image.')}
      required={required}
      value={typeof value === 'string' ? value : ''}
      error={errorAt(at)}
      data-at={at}
      onBlur={() => leave(at)}
      onChange={(url) => set(at, url === '' && !required ? undefined : url)}
    />
  )
}
