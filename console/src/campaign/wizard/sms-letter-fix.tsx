// Offers to write an SMS in the standard alphabet, where a few letters alone make it cost more.
import { Button, Group, Text } from '@mantine/core'
import { useLocale } from '../../locales/i18n'
import { useDraft } from './campaign-draft'
import { removeWithUndo } from './remove-with-undo'
import { plainSms } from './sms-letters'

/** Shows nothing where no letter has to change, or where changing some would help nothing. */
export function SmsLetterFix({ at }: { at: string }) {
  const { t } = useLocale()
  const draft = useDraft()
  const value = draft.get(at)
  if (typeof value !== 'string') return null
  const { text, replaced, isStandard } = plainSms(value)
  if (replaced.length === 0 || !isStandard) return null
  return (
    <Group gap="xs">
      <Text size="sm">
        {t('These letters reduce an SMS from 160 to 70 characters:')}{' '}
        <bdi>
          <code>{replaced.join(' ')}</code>
        </bdi>
      </Text>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() =>
          removeWithUndo(draft, t, () => draft.set(at, text), undefined, t('Replaced.'))
        }
      >
        {t('Replace letters')}
      </Button>
    </Group>
  )
}
