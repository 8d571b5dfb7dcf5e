// Shows both versions of a draft that someone else has changed meanwhile, says who it was, and lets the
// operator choose.
import { Button, Group, Stack, Text } from '@mantine/core'
import type { Campaign } from '../../client'
import { DifferencesTable } from '../../components/differences-table'
import { ModalDialog } from '../../components/modal-dialog'
import { useLocale } from '../../locales/i18n'
import { actorName } from '../audit-labels'
import { useAudit } from '../campaign-queries'
import { useDraft } from './campaign-draft'
import { pickDefinition } from './definition'
import { definitionPartNames } from './definition-part-names'

/** Shows both versions where they differ, and offers the choice. */
export function ConflictDialog({
  theirs,
  mine,
  take,
  close,
}: {
  theirs: Campaign
  mine: () => void
  take: () => void
  close: () => void
}) {
  const { t, ago } = useLocale()
  const { definition } = useDraft()
  const audit = useAudit(theirs.id)
  const [last] = audit.data?.items ?? []
  // The history may be ahead of what is shown, if a third person saves at this moment.
  const author = last?.version === theirs.version ? actorName(last.actor) : undefined
  return (
    <ModalDialog onClose={close} size="xl" title={t('Someone changed this since you opened it')}>
      <Stack>
        <Text>
          {author
            ? t('Saved by {name} {when}. This differs from what you have here:', {
                name: author,
                when: ago(theirs.updated_at),
              })
            : t('Saved {when}. This differs from what you have here:', {
                when: ago(theirs.updated_at),
              })}
        </Text>
        <DifferencesTable
          mine={definition}
          theirs={pickDefinition(theirs)}
          names={definitionPartNames}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={take}>
            {t('Use their version')}
          </Button>
          <Button onClick={mine}>{t('Keep my version')}</Button>
        </Group>
      </Stack>
    </ModalDialog>
  )
}
