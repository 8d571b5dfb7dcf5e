// Edits the body of an e-mail: blocks in the brand's design, or HTML by hand. Exactly one of the two
// is in the draft.
import { Radio, Group, Stack } from '@mantine/core'
import type { JsonObject } from './campaign-draft'
import { useLocale } from '../../locales/i18n'
import { useDraft } from './campaign-draft'
import { BlockEditor } from './block-editor'
import { TextField } from './draft-fields'
import { removeWithUndo } from './remove-with-undo'

const firstBlocks = [
  { heading: { text: '{{ offer }}' } },
  { text: { text: "Hi {{ first_name | default('there') }}," } },
  { voucher: { text: '{{ full_offer }}', button: 'See your voucher' } },
]

export function EmailBody({ at }: { at: string }) {
  const { t } = useLocale()
  const draft = useDraft()
  const { get, set } = draft
  const email = (get(at) ?? {}) as JsonObject
  const isWritten = email.html !== undefined
  const choose = (form: string) => {
    if ((form === 'html') === isWritten) return
    const { blocks: _blocks, html: _html, text: _text, ...rest } = email
    const body =
      form === 'html'
        ? {
            html: '<p>{{ offer }}: <a href="{{ voucher_link }}">{{ voucher_link }}</a></p>',
            text: '{{ offer }}: {{ voucher_link }}',
          }
        : { blocks: firstBlocks }
    // The other form is lost with what was written in it.
    removeWithUndo(draft, t, () => set(at, { ...rest, ...body }))
  }
  return (
    <Stack>
      <Radio.Group
        label={t('The body is')}
        value={isWritten ? 'html' : 'blocks'}
        onChange={choose}
        error={draft.errorAt(at)}
      >
        <Group mt={4}>
          <Radio value="blocks" label={t('made of blocks, in the brand’s look')} />
          <Radio value="html" label={t('HTML by hand')} />
        </Group>
      </Radio.Group>
      {isWritten ? (
        <>
          <TextField at={`${at}/html`} label={t('Text, as HTML')} long rows={6} required />
          <TextField
            at={`${at}/text`}
            label={t('Text, for programs without HTML')}
            long
            rows={4}
            required
          />
        </>
      ) : (
        <BlockEditor at={`${at}/blocks`} />
      )}
    </Stack>
  )
}
