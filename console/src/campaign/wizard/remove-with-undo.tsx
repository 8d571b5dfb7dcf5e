// Removes or rewrites a part of the draft and offers to put it back for a while.
import { Button, Group } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import type { CampaignDraft } from './campaign-draft'

const UNDO_MS = 10_000

/**
 * Removes a part, or changes it as `done` says, and offers to restore the draft as it was. An undo also discards what was typed
 * meanwhile.
 */
export function removeWithUndo(
  { definition, restore }: Pick<CampaignDraft, 'definition' | 'restore'>,
  t: (text: string) => string,
  remove: () => void,
  back?: () => void,
  done = t('Removed.'),
) {
  const before = definition
  remove()
  const id = notifications.show({
    autoClose: UNDO_MS,
    message: (
      <Group justify="space-between">
        {done}
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            back?.()
            restore(before)
            notifications.hide(id)
          }}
        >
          {t('Undo')}
        </Button>
      </Group>
    ),
  })
}
