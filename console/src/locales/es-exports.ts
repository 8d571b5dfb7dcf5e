// Holds the Spanish of exports.
import type { PluralForms } from './i18n'

export const esExports: Record<string, string | PluralForms> = {
  'All exports': 'Todas las exportaciones',
  'CSV, for spreadsheets': 'CSV, para hojas de cálculo',
  'Cancel export': 'Cancelar exportación',
  'Checksum': 'Suma de comprobación',
  'Choose “New export” to get vouchers, orders or campaigns as CSV or Parquet, with counts and checksums of each file.':
    'Elige “Nueva exportación” para obtener cupones, pedidos o campañas como CSV o Parquet, con recuentos y sumas de comprobación de cada archivo.',
  'Couldn’t start the export': 'No se pudo iniciar la exportación',
  'Exports': 'Exportaciones',
  'Files': 'Archivos',
  'Files are deleted:': 'Los archivos se eliminan:',
  'Format': 'Formato',
  'Include names, addresses and cities': 'Incluir nombres, direcciones y ciudades',
  'Leave blank to begin with the first record.':
    'Déjalo vacío para empezar por el primer registro.',
  'Leave blank to end with the last record.': 'Déjalo vacío para terminar con el último registro.',
  'Leave blank to export all campaigns.': 'Déjalo vacío para exportar todas las campañas.',
  'New export': 'Nueva exportación',
  'No campaign has this name.': 'Ninguna campaña tiene este nombre.',
  'No exports yet': 'Aún no hay exportaciones',
  'Nobody can download the files any more. This can’t be undone.':
    'Nadie podrá descargar los archivos. Esto no se puede deshacer.',
  'Parquet, for data warehouses': 'Parquet, para almacenes de datos',
  'Purpose': 'Finalidad',
  'Remove files': 'Quitar archivos',
  'Rows': 'Filas',
  'Say what the contacts are needed for.': 'Indica para qué se necesitan los contactos.',
  'Size': 'Tamaño',
  'Start export': 'Iniciar exportación',
  'Started by': 'Iniciada por',
  'The audit log keeps who exported contacts, when and for what.':
    'El registro de auditoría guarda quién exportó contactos, cuándo y para qué.',
  'The export failed.': 'La exportación falló.',
  'The export is complete.': 'La exportación está completa.',
  'The files were deleted after seven days. Start a new export.':
    'Los archivos se eliminaron a los siete días. Inicia una exportación nueva.',
  'The files were removed.': 'Se quitaron los archivos.',
  'The manifest lists every file with its rows, size and SHA-256 checksum.':
    'El manifiesto enumera cada archivo con sus filas, su tamaño y su suma de comprobación SHA-256.',
  'Type': 'Tipo',
  'Vouchers, orders, campaigns, customers and suppressions as files for your own reports. Files are kept for seven days.':
    'Cupones, pedidos, campañas, clientes y supresiones como archivos para tus propios informes. Los archivos se guardan siete días.',
  'What each row of the file is about.': 'De qué trata cada fila del archivo.',
  'You can leave this page: the export continues.':
    'Puedes salir de esta página: la exportación continúa.',
  'files deleted': 'archivos eliminados',
  'removed': 'quitada',
  'running': 'en curso',
  'with contacts': 'con contactos',
  '{n} records couldn’t be read and are missing.': {
    one: '1 registro no se pudo leer y falta.',
    many: '{n} de registros no se pudieron leer y faltan.',
    other: '{n} registros no se pudieron leer y faltan.',
  },
  '{n} records read': {
    one: '1 registro leído',
    many: '{n} de registros leídos',
    other: '{n} registros leídos',
  },
  '{n} rows': { one: '1 fila', many: '{n} de filas', other: '{n} filas' },
}
