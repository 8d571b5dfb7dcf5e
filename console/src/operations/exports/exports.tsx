// Shows Configuration > Exports: every export with its state, a form for a new one, and one export with
// its progress, its files and its columns.
import { Button } from '@mantine/core'
import { useFilters } from '../../app/search-params'
import { PageFrame } from '../../components/page-frame'
import { useLocale } from '../../locales/i18n'
import { ExportDetail } from './export-detail'
import { ExportList } from './export-list'
import { NewExport } from './new-export'

export function ExportsPage() {
  const { t } = useLocale()
  const filters = useFilters()
  const id = filters.text('export')
  const isNew = !id && filters.text('new') !== undefined
  return (
    <PageFrame
      title={t('Exports')}
      intro={t(
        'Vouchers, orders, campaigns, customers and suppressions as files for your own reports. Files are kept for seven days.',
      )}
      actions={
        id || isNew ? (
          <Button
            variant="default"
            onClick={() => filters.set({ export: undefined, new: undefined })}
          >
            {t('All exports')}
          </Button>
        ) : (
          <Button onClick={() => filters.set({ new: 'yes' })}>{t('New export')}</Button>
        )
      }
    >
      {id ? (
        <ExportDetail key={id} id={id} />
      ) : isNew ? (
        <NewExport onStarted={(started) => filters.set({ export: started, new: undefined })} />
      ) : (
        <ExportList />
      )}
    </PageFrame>
  )
}
