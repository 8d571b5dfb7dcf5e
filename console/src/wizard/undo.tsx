// What was taken out of the draft can be put back for a while.
import { Button, Group } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import type { Draft } from './draft'

const LONG_MS = 10_000

/** Does it, and offers the draft as it was. What is typed meanwhile is given up with it. */
export function undoable({ definition, restore }: Pick<Draft, 'definition' | 'restore'>, t: (text: string) => string, remove: () => void, back?: () => void) {
  const before = definition
  remove()
  const id = notifications.show({
    autoClose: LONG_MS,
    message: <Group justify="space-between">{t('Removed.')}<Button size="compact-sm" variant="default" onClick={() => { back?.(); restore(before); notifications.hide(id) }}>{t('Undo')}</Button></Group>,
  })
}
