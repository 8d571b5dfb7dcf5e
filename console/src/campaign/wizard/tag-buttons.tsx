// Offers the personalization tags as buttons: each is inserted where the cursor was last.
import { Button, Group, Text } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useLocale } from '../../locales/i18n'
import { useDraft } from './campaign-draft'
import { insertTag, personalizationTags } from './tag-insertion'

type TextElement = HTMLInputElement | HTMLTextAreaElement

/** Returns the text input that had the focus last, among those that say which place they edit. */
function useLastText() {
  const last = useRef<TextElement>(undefined)
  useEffect(() => {
    const remember = ({ target }: FocusEvent) => {
      if (target instanceof HTMLElement && target.dataset.at) last.current = target as TextElement
    }
    document.addEventListener('focusin', remember)
    return () => document.removeEventListener('focusin', remember)
  }, [])
  return last
}

export function TagButtons() {
  const { t } = useLocale()
  const { get, set } = useDraft()
  const last = useLastText()
  const [said, setSaid] = useState('')
  const insert = (tag: string) => {
    const input = last.current
    const at = input?.dataset.at
    if (!input?.isConnected || !at || !/^\/(reminder\/)?messages\//.test(at)) {
      setSaid(t('Select a text first.'))
      return
    }
    const text = get(at)
    const { text: next, cursor } = insertTag(
      typeof text === 'string' ? text : '',
      tag,
      input.selectionStart ?? input.value.length,
      input.selectionEnd ?? input.value.length,
    )
    set(at, next)
    setSaid('')
    requestAnimationFrame(() => {
      input.focus()
      input.setSelectionRange(cursor, cursor)
    })
  }
  return (
    <div role="group" aria-label={t('Personalization tags:')}>
      <Text size="sm">{t('Personalization tags:')}</Text>
      <Group gap={4} dir="ltr">
        {personalizationTags.map((tag) => (
          <Button key={tag} size="compact-sm" variant="default" onClick={() => insert(tag)}>
            {tag}
          </Button>
        ))}
      </Group>
      <Text size="sm" role="status">
        {said}
      </Text>
    </div>
  )
}
