// Holds the German of exports.
import type { PluralForms } from './i18n'

export const deExports: Record<string, string | PluralForms> = {
  'All exports': 'Alle Exporte',
  'CSV, for spreadsheets': 'CSV, für Tabellenprogramme',
  'Cancel export': 'Export abbrechen',
  'Checksum': 'Prüfsumme',
  'Choose “New export” to get vouchers, orders or campaigns as CSV or Parquet, with counts and checksums of each file.':
    'Wählen Sie „Neuer Export“, um Gutscheine, Bestellungen oder Kampagnen als CSV oder Parquet zu erhalten, mit Zahlen und Prüfsummen jeder Datei.',
  'Couldn’t start the export': 'Export konnte nicht gestartet werden',
  'Exports': 'Exporte',
  'Files': 'Dateien',
  'Files are deleted:': 'Die Dateien werden gelöscht:',
  'Format': 'Dateiformat',
  'Include names, addresses and cities': 'Namen, Adressen und Städte aufnehmen',
  'Leave blank to begin with the first record.':
    'Leer lassen, um mit dem ersten Datensatz zu beginnen.',
  'Leave blank to end with the last record.': 'Leer lassen, um mit dem letzten Datensatz zu enden.',
  'Leave blank to export all campaigns.': 'Leer lassen, um alle Kampagnen zu exportieren.',
  'New export': 'Neuer Export',
  'No campaign has this name.': 'Keine Kampagne hat diesen Namen.',
  'No exports yet': 'Noch keine Exporte',
  'Nobody can download the files any more. This can’t be undone.':
    'Niemand kann die Dateien dann noch herunterladen. Das lässt sich nicht rückgängig machen.',
  'Parquet, for data warehouses': 'Parquet, für Data Warehouses',
  'Purpose': 'Zweck',
  'Remove files': 'Dateien entfernen',
  'Rows': 'Zeilen',
  'Say what the contacts are needed for.': 'Geben Sie an, wofür die Kontaktdaten gebraucht werden.',
  'Size': 'Größe',
  'Start export': 'Export starten',
  'Started by': 'Gestartet von',
  'The audit log keeps who exported contacts, when and for what.':
    'Das Prüfprotokoll hält fest, wer wann und wofür Kontaktdaten exportiert hat.',
  'The export failed.': 'Der Export ist fehlgeschlagen.',
  'The export is complete.': 'Der Export ist abgeschlossen.',
  'The files were deleted after seven days. Start a new export.':
    'Die Dateien wurden nach sieben Tagen gelöscht. Starten Sie einen neuen Export.',
  'The files were removed.': 'Die Dateien wurden entfernt.',
  'The manifest lists every file with its rows, size and SHA-256 checksum.':
    'Das Manifest nennt jede Datei mit Zeilen, Größe und SHA-256-Prüfsumme.',
  'Type': 'Typ',
  'Vouchers, orders, campaigns, customers and suppressions as files for your own reports. Files are kept for seven days.':
    'Gutscheine, Bestellungen, Kampagnen, Kunden und Sperren als Dateien für Ihre eigenen Auswertungen. Dateien werden sieben Tage aufbewahrt.',
  'What each row of the file is about.': 'Wovon jede Zeile der Datei handelt.',
  'You can leave this page: the export continues.':
    'Sie können diese Seite verlassen: Der Export läuft weiter.',
  'files deleted': 'Dateien gelöscht',
  'removed': 'entfernt',
  'running': 'läuft',
  'with contacts': 'mit Kontaktdaten',
  '{n} records couldn’t be read and are missing.': {
    one: '1 Datensatz konnte nicht gelesen werden und fehlt.',
    other: '{n} Datensätze konnten nicht gelesen werden und fehlen.',
  },
  '{n} records read': { one: '1 Datensatz gelesen', other: '{n} Datensätze gelesen' },
  '{n} rows': { one: '1 Zeile', other: '{n} Zeilen' },
}
