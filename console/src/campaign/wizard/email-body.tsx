// Edits the body of an e-mail: blocks in the brand's design, or HTML by hand. Exactly one of the two
// is in the draft.
import { Group, Radio, Stack, Text } from '@mantine/core'
import { textLimits } from '../../api/text-limits'
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
        label={t('Body')}
        value={isWritten ? 'html' : 'blocks'}
        onChange={choose}
        error={draft.errorAt(at)}
      >
        <Group mt={4}>
          <Radio value="blocks" label={t('Blocks, in your brand’s design')} />
          <Radio value="html" label={t('HTML')} />
        </Group>
      </Radio.Group>
      {isWritten ? (
        <>
          <TextField
            at={`${at}/html`}
            label={t('HTML')}
            long
            rows={6}
            required
            limit={textLimits.html}
          />
          {typeof email.html === 'string' && /<script/i.test(email.html) && (
            <Text size="sm" role="status">
              {t('Mail apps remove scripts: nothing in a script runs.')}
            </Text>
          )}
          <TextField
            at={`${at}/text`}
            label={t('Plain-text version')}
            long
            rows={4}
            required
            limit={textLimits.plainText}
          />
        </>
      ) : (
        <BlockEditor at={`${at}/blocks`} />
      )}
    </Stack>
  )
}
