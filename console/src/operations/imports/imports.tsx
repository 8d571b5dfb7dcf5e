// Shows Configuration > Imports: every file that was uploaded or came into the bucket, a form for a
// new one, and one import with its check, its mapping and its progress.
import { Button } from '@mantine/core'
import { useFilters } from '../../app/search-params'
import { useSession } from '../../app/session'
import { PageFrame } from '../../components/page-frame'
import { useLocale } from '../../locales/i18n'
import { ImportDetail } from './import-detail'
import { ImportList } from './import-list'
import { NewImport } from './new-import'

export function ImportsPage() {
  const { t } = useLocale()
  const { mayChange } = useSession()
  const filters = useFilters()
  const id = filters.text('import')
  const isNew = !id && filters.text('new') !== undefined && mayChange
  const open = (id: string) => filters.set({ import: id, new: undefined, kind: undefined })
  return (
    <PageFrame
      title={t('Imports')}
      intro={t(
        'Customers with their consents, past orders, suppressions and your catalogue from other systems. Every file is checked first; nothing is imported until you start it.',
      )}
      actions={
        id || isNew ? (
          <Button
            variant="default"
            onClick={() => filters.set({ import: undefined, new: undefined, kind: undefined })}
          >
            {t('All imports')}
          </Button>
        ) : (
          mayChange && (
            <Button onClick={() => filters.set({ new: 'yes' })}>{t('New import')}</Button>
          )
        )
      }
    >
      {id ? (
        <ImportDetail key={id} id={id} />
      ) : isNew ? (
        <NewImport onUploaded={open} first={filters.text('kind')} />
      ) : null}
      {!id && !isNew && <ImportList />}
    </PageFrame>
  )
}
