// Holds the German of imports.
import type { PluralForms } from './i18n'

export const deImports: Record<string, string | PluralForms> = {
  'A check reads the file only. Customers who were erased, and choices made later, are seen during the import.':
    'Eine Prüfung liest nur die Datei. Gelöschte Kunden und spätere Entscheidungen zeigen sich beim Import.',
  'A column that every import needs is missing.': 'Eine Spalte, die jeder Import braucht, fehlt.',
  'A column that every import needs is missing. Choose its field.':
    'Eine Spalte, die jeder Import braucht, fehlt. Wählen Sie ihr Feld.',
  'A further item of the order before it.': 'Eine weitere Position der Bestellung davor.',
  'Account status': 'Status des Kontos',
  'Affects': 'Betrifft',
  'All imports': 'Alle Importe',
  'As your orders name it. Leave blank to use “imported”.':
    'So, wie Ihre Bestellungen es nennen. Leer lassen für „imported“.',
  'CSV, Parquet or one JSON object a line, up to 4 GB. Choose a file or drop one here.':
    'CSV, Parquet oder ein JSON-Objekt je Zeile, bis 4 GB. Wählen Sie eine Datei oder legen Sie eine hier ab.',
  'Can be imported': 'Kann importiert werden',
  'Cancel import': 'Import abbrechen',
  'Cancellation date': 'Datum der Stornierung',
  'Check again': 'Erneut prüfen',
  'Checked again': 'Erneut geprüft',
  'Columns': 'Spalten',
  'Consent for {channel}': 'Einwilligung für {channel}',
  'Content': 'Inhalt',
  'Coordinates': 'Koordinaten',
  'Couldn’t check the file': 'Die Datei konnte nicht geprüft werden',
  'Couldn’t read the file': 'Die Datei konnte nicht gelesen werden',
  'Couldn’t start the import': 'Der Import konnte nicht gestartet werden',
  'Couldn’t upload the file': 'Die Datei konnte nicht hochgeladen werden',
  'Count': 'Anzahl',
  'Country': 'Land',
  'Country of phone numbers (optional)': 'Land der Telefonnummern (optional)',
  'Currency of amounts (optional)': 'Währung der Beträge (optional)',
  'Customer id (0 is a guest)': 'Kunden-ID (0 ist ein Gast)',
  'Customer id (UUID)': 'Kunden-ID (UUID)',
  'Default address': 'Standardadresse',
  'Download refused records': 'Abgelehnte Datensätze laden',
  'Export your customers as CSV from your shop or mailing system and upload the file here. Exports of Shopify, WooCommerce, Klaviyo, Mailchimp, Braze, HubSpot, listmonk, Magento and Stripe are recognised.':
    'Exportieren Sie Ihre Kunden als CSV aus Ihrem Shop oder Mailsystem und laden Sie die Datei hier hoch. Exporte von Shopify, WooCommerce, Klaviyo, Mailchimp, Braze, HubSpot, listmonk, Magento und Stripe werden erkannt.',
  'Field': 'Feld',
  'Field of {column}': 'Feld von {column}',
  'File to import': 'Zu importierende Datei',
  'First name': 'Vorname',
  'First records after the import': 'Erste Datensätze nach dem Import',
  'First records with problems': 'Erste Datensätze mit Problemen',
  'For amounts without a currency. Three letters, for example EUR.':
    'Für Beträge ohne Währung. Drei Buchstaben, zum Beispiel EUR.',
  'For numbers without a country code. Two letters, for example ES.':
    'Für Nummern ohne Ländervorwahl. Zwei Buchstaben, zum Beispiel ES.',
  'For times without a zone, for example Europe/Madrid. Leave blank for UTC.':
    'Für Zeiten ohne Zone, zum Beispiel Europe/Madrid. Leer lassen für UTC.',
  'Ignore this column': 'Diese Spalte ignorieren',
  'Imported': 'Importiert',
  'Imports': 'Importe',
  'Known already, as the file has it.': 'Schon bekannt, so wie in der Datei.',
  'Last name': 'Nachname',
  'Latitude': 'Breitengrad',
  'Left out:': 'Ausgelassen:',
  'Longitude': 'Längengrad',
  'Merchant of the orders (optional)': 'Händler der Bestellungen (optional)',
  'New import': 'Neuer Import',
  'No imports yet': 'Noch keine Importe',
  'No known system. The columns were recognised by their names.':
    'Kein bekanntes System. Die Spalten wurden an ihren Namen erkannt.',
  'Not recognised': 'Nicht erkannt',
  'Nothing is imported yet. Look at the columns and the result, then start the import.':
    'Noch ist nichts importiert. Sehen Sie sich die Spalten und das Ergebnis an, und starten Sie dann den Import.',
  'Order date': 'Datum der Bestellung',
  'Order status': 'Status der Bestellung',
  'Order total': 'Summe der Bestellung',
  'Passwords and tokens are never read.': 'Passwörter und Token werden nie gelesen.',
  'Past orders': 'Frühere Bestellungen',
  'Phone': 'Telefon',
  'Progress': 'Fortschritt',
  'Read from the file for you, and not stored.':
    'Für Sie aus der Datei gelesen und nicht gespeichert.',
  'Reading the file…': 'Die Datei wird gelesen…',
  'Reason of a suppression': 'Grund einer Sperre',
  'Reasons': 'Gründe',
  'Recognised as an export of {name}.': 'Als Export von {name} erkannt.',
  'Records that are imported already stay. A cancelled import can’t be continued.':
    'Schon importierte Datensätze bleiben. Ein abgebrochener Import kann nicht fortgesetzt werden.',
  'Refunded amount': 'Erstatteter Betrag',
  'Result of the check': 'Ergebnis der Prüfung',
  'Result of the import': 'Ergebnis des Imports',
  'Samples': 'Beispiele',
  'Sign-up date': 'Datum der Registrierung',
  'Start import': 'Import starten',
  'Started': 'Gestartet',
  'Tags': 'Schlagwörter',
  'The columns have changed since the check. Check the file again.':
    'Die Spalten haben sich seit der Prüfung geändert. Prüfen Sie die Datei erneut.',
  'The file has no column of this name.': 'Die Datei hat keine Spalte mit diesem Namen.',
  'The file is being checked. Nothing is imported.':
    'Die Datei wird geprüft. Nichts wird importiert.',
  'The file is not here yet.': 'Die Datei ist noch nicht da.',
  'The file is still being checked. Try again in a moment.':
    'Die Datei wird noch geprüft. Versuchen Sie es gleich noch einmal.',
  'The file is too large. Split it into files of up to 4 GB.':
    'Die Datei ist zu groß. Teilen Sie sie in Dateien bis 4 GB.',
  'The file was not uploaded in time. Make a new import.':
    'Die Datei wurde nicht rechtzeitig hochgeladen. Legen Sie einen neuen Import an.',
  'The file was replaced or deleted. Files are kept for seven days.':
    'Die Datei wurde ersetzt oder gelöscht. Dateien werden sieben Tage aufbewahrt.',
  'The import is already running.': 'Der Import läuft schon.',
  'The import is complete.': 'Der Import ist abgeschlossen.',
  'The import is over. Make a new import.': 'Der Import ist beendet. Legen Sie einen neuen an.',
  'The import was cancelled. Records imported before stay.':
    'Der Import wurde abgebrochen. Vorher importierte Datensätze bleiben.',
  'The rest of the record is imported.': 'Der Rest des Datensatzes wird importiert.',
  'The upload was interrupted. Try again.':
    'Das Hochladen wurde unterbrochen. Versuchen Sie es noch einmal.',
  'The upload was refused. Make a new import.':
    'Das Hochladen wurde abgelehnt. Legen Sie einen neuen Import an.',
  'The whole file was refused.': 'Die ganze Datei wurde abgelehnt.',
  'These columns are mapped as for the last file with the same columns.':
    'Diese Spalten sind zugeordnet wie bei der letzten Datei mit denselben Spalten.',
  'This import doesn’t exist, or is older than 90 days.':
    'Diesen Import gibt es nicht, oder er ist älter als 90 Tage.',
  'Time of a suppression': 'Zeit einer Sperre',
  'Time of the choice for {channel}': 'Zeit der Entscheidung für {channel}',
  'Time of the no for {channel}': 'Zeit des Neins für {channel}',
  'Time of the yes for {channel}': 'Zeit des Jas für {channel}',
  'Time zone of the file (optional)': 'Zeitzone der Datei (optional)',
  'Unchanged': 'Unverändert',
  'Unsubscribed from {channel}': 'Von {channel} abgemeldet',
  'Upload and check': 'Hochladen und prüfen',
  'Uploaded: {done} of {all}': 'Hochgeladen: {done} von {all}',
  'Vertical of the orders (optional)': 'Sparte der Bestellungen (optional)',
  'Website': 'Website des Shops',
  'What each line of the file is about.': 'Wovon jede Zeile der Datei handelt.',
  'With cells left out': 'Mit ausgelassenen Zellen',
  'You can leave this page: the import continues.':
    'Sie können diese Seite verlassen: Der Import läuft weiter.',
  'Your changes apply once the file is checked again.':
    'Ihre Änderungen gelten, sobald die Datei erneut geprüft ist.',
  'checking': 'wird geprüft',
  'from the bucket': 'aus dem Bucket',
  'importing': 'wird importiert',
  'ready to start': 'bereit zum Start',
  'recognised': 'erkannt',
  'the column': 'die Spalte',
  'the whole record': 'den ganzen Datensatz',
  'upload never came': 'nie hochgeladen',
  'waiting for the upload': 'wartet auf die Datei',
  '{done} of {all} records ({share})': '{done} von {all} Datensätzen ({share})',
  '{n} records can be imported.': {
    one: '1 Datensatz kann importiert werden.',
    other: '{n} Datensätze können importiert werden.',
  },
  '{n} records per second': '{n} Datensätze pro Sekunde',
  '{time} left': 'noch {time}',
}
