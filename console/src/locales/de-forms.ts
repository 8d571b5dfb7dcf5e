// Holds the German of form inputs and their errors.
import type { TranslationTable } from './i18n'

export const deForms: TranslationTable = {
  '{n} campaigns are too new to judge.': {
    one: '{n} Kampagne ist zu neu für ein Urteil.',
    other: '{n} Kampagnen sind zu neu für ein Urteil.',
  },
  '{n} customers': { one: '{n} Kunde', other: '{n} Kunden' },
  '{n} days': { one: '{n} Tag', other: '{n} Tage' },
  '{n} hours': { one: '{n} Stunde', other: '{n} Stunden' },
  '{n} other currencies': { one: '{n} weitere Währung', other: '{n} weitere Währungen' },
  '{n} places': { one: '{n} Ort', other: '{n} Orte' },
  '{n} redemptions on orders worth {revenue}, for {cost}.':
    '{n} Einlösungen bei Bestellungen im Wert von {revenue}, für {cost}.',
  '{n} vouchers': { one: '{n} Gutschein', other: '{n} Gutscheine' },
  '{time} before expiry': '{time} vor Ablauf',
  '{time} from issue': '{time} ab Ausstellung',
  '{time} in {zone}': '{time} in {zone}',
  '{used} of {most} characters': '{used} von {most} Zeichen',
  'A stage can count more than were issued: vouchers of earlier days, and vouchers that were redeemed again after a cancelled order. It has no percentage then.':
    'Eine Stufe kann mehr zählen, als ausgestellt wurden: Gutscheine früherer Tage und Gutscheine, die nach einer Stornierung erneut eingelöst wurden. Dann hat sie keinen Prozentwert.',
  '{days} before the customer’s {name}': '{days} vor dem Datum {name} des Kunden',
  'accept within {accept}, then redeem within {time}':
    'annehmen innerhalb: {accept}, danach einlösen innerhalb: {time}',
  'at least {n} days ago': { one: 'vor mindestens {n} Tag', other: 'vor mindestens {n} Tagen' },
  'at most {n} days ago': { one: 'vor höchstens {n} Tag', other: 'vor höchstens {n} Tagen' },
  'no order for {days}': '{days} ohne Bestellung',
  'no order in {vertical} for {days}': '{days} ohne Bestellung in {vertical}',
  'of {customers}': 'von {customers}',
  'on the customer’s {name}': 'am Datum {name} des Kunden',
  'one of {n} listed customers': {
    one: 'der {n} aufgeführte Kunde',
    other: 'einer von {n} aufgeführten Kunden',
  },
  'within {km} km of {places}': 'höchstens {km} km von {places} entfernt',
  'Accept within': 'Annehmen innerhalb',
  'accented and non-Latin letters count more':
    'Buchstaben mit Akzent und nichtlateinische zählen mehr',
  'by channel order, prices and SMS segments': 'nach Kanalreihenfolge, Preisen und SMS-Segmenten',
  'Compared as a number.': 'Wird als Zahl verglichen.',
  'Compared as text.': 'Wird als Text verglichen.',
  'Compared as true or false.': 'Wird als wahr oder falsch verglichen.',
  'Couldn’t complete this': 'Konnte nicht abgeschlossen werden',
  'Couldn’t save': 'Konnte nicht gespeichert werden',
  'Creates two drafts that you can edit: the win-back autopilot, and a promotion of your choice. Nothing is sent.':
    'Erstellt zwei Entwürfe, die Sie bearbeiten können: den Autopiloten zur Rückgewinnung und eine Aktion Ihrer Wahl. Es wird nichts gesendet.',
  'days': 'Tage',
  'Days of {zone}': 'Tage in {zone}',
  'Details': 'Einzelheiten',
  'Discard changes': 'Änderungen verwerfen',
  'Enter a number, such as {example}.': 'Geben Sie eine Zahl ein, zum Beispiel {example}.',
  'Enter a whole number.': 'Geben Sie eine ganze Zahl ein.',
  'Every selected customer got one.': 'Alle ausgewählten Kunden haben einen bekommen.',
  'Fix {n} issues': { one: '{n} Problem beheben', other: '{n} Probleme beheben' },
  'Fixed since the launch': 'Seit dem Start unveränderlich',
  'Groups of conditions': 'Gruppen von Bedingungen',
  'hours': 'Stunden',
  'In each customer’s time zone.': 'In der Zeitzone jedes Kunden.',
  'Mail apps remove scripts: nothing in a script runs.':
    'Mailprogramme entfernen Skripte: Nichts darin wird ausgeführt.',
  'Maximum': 'Maximum',
  'Maximum discount': 'Höchstrabatt',
  'Messages in {language}': 'Nachrichten auf {language}',
  'Minimum': 'Minimum',
  'Name, description, end and caps of a launched campaign can change.':
    'Bei einer gestarteten Kampagne können sich Name, Beschreibung, Ende und Limits ändern.',
  'No message in this language': 'Keine Nachricht in dieser Sprache',
  'Not a place: “{line}”. Enter latitude, longitude.':
    'Kein Ort: „{line}“. Geben Sie Breite, Länge ein.',
  'Not customer ids: {list}': 'Keine Kunden-IDs: {list}',
  'Not found': 'Nicht gefunden',
  'Not translated yet: these are the texts of the default language.':
    'Noch nicht übersetzt: Das sind die Texte der Standardsprache.',
  'Offer, audience, messages and schedule can no longer change. Clone to change them.':
    'Angebot, Zielgruppe, Nachrichten und Zeitplan sind nicht mehr änderbar. Duplizieren Sie die Kampagne, um sie zu ändern.',
  'Profile': 'Profil',
  'Redeem within': 'Einlösen innerhalb',
  'Select a text first.': 'Wählen Sie zuerst einen Text aus.',
  'Searching…': 'Suche läuft …',
  'Send before expiry': 'Senden vor Ablauf',
  'Shorten this by {n}.': 'Kürzen Sie um {n}.',
  'The clock goes back and shows this time twice. This is the one at {offset}.':
    'Die Uhr wird zurückgestellt und zeigt diese Zeit zweimal. Gemeint ist die mit {offset}.',
  'The clock goes forward and skips {time}. This is {shown}.':
    'Die Uhr wird vorgestellt und überspringt {time}. Gemeint ist {shown}.',
  'Then redeem within': 'Danach einlösen innerhalb',
  'These lines have {n} columns. Paste the column with the ids alone.':
    'Diese Zeilen haben {n} Spalten. Fügen Sie nur die Spalte mit den IDs ein.',
  'They get it only when its trigger applies.': 'Sie bekommen es nur, wenn der Auslöser zutrifft.',
  'This can mean {one} or {other}. Enter one of these.':
    'Das kann {one} oder {other} bedeuten. Geben Sie eines davon ein.',
  'Too early to judge: this needs {n} vouchers that are at least a day old.':
    'Zu früh für ein Urteil: Nötig sind {n} Gutscheine, die mindestens einen Tag alt sind.',
  'Unit of “{field}”': 'Einheit von „{field}“',
  'Use {n} characters or fewer.': 'Verwenden Sie höchstens {n} Zeichen.',
  'Use up to {n} decimal places.': 'Verwenden Sie höchstens {n} Nachkommastellen.',
}
