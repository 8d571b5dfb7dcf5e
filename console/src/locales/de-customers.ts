// Holds the German of the pages of customers and of the lists of campaigns.

import type { TranslationTable } from './i18n'

export const deCustomers: TranslationTable = {
  'Addresses': 'Adressen',
  'All customers': 'Alle Kunden',
  'All customers, in no order': 'Alle Kunden, ohne Reihenfolge',
  'Ask why': 'Nach dem Grund fragen',
  'Carts': 'Warenkörbe',
  'Changes so far': 'Bisherige Änderungen',
  'Check the spelling, remove a filter, or list all customers.':
    'Prüfen Sie die Schreibweise, entfernen Sie einen Filter oder zeigen Sie alle Kunden an.',
  'Data': 'Daten',
  'Dates': 'Termine',
  'Each record gets its data, orders and vouchers back. An opt-out given since the merge applies to both.':
    'Jeder Datensatz bekommt seine Daten, Bestellungen und Gutscheine zurück. Ein Widerspruch seit der Zusammenführung gilt für beide.',
  'emptied': 'geleert',
  'Everyone the marketplace has reported, with orders, spend and reach.':
    'Alle Personen, die der Marktplatz gemeldet hat, mit Bestellungen, Ausgaben und Erreichbarkeit.',
  'First name': 'Vorname',
  'Has ordered in it': 'Hat darin bestellt',
  'Has this tag': 'Hat dieses Schlagwort',
  'Home location': 'Wohnort',
  'ID of the other record': 'ID des anderen Datensatzes',
  'Id, e-mail, phone with country code, or the beginning of a name':
    'ID, E-Mail, Telefon mit Ländervorwahl oder Anfang eines Namens',
  'in the control group of {n}': 'in der Kontrollgruppe von {n}',
  'Last name': 'Nachname',
  'Last order': 'Letzte Bestellung',
  'Latest order first': 'Neueste Bestellung zuerst',
  'Merge a record': 'Datensatz zusammenführen',
  'Merge records': 'Zusammenführen',
  'Merge the other record of the same person into this one. Vouchers and orders of both belong to this customer, and the stricter consent applies. The other ID keeps working.':
    'Führt den anderen Datensatz derselben Person mit diesem zusammen. Gutscheine und Bestellungen beider gehören diesem Kunden, und die strengere Einwilligung gilt. Die andere ID funktioniert weiter.',
  'Merged': 'Zusammengeführt',
  'Merged records': 'Zusammengeführte Datensätze',
  'Merged records: {n}': 'Zusammengeführte Datensätze: {n}',
  'Names and contacts are masked for your role, and names are not searched. Support and marketers see them.':
    'Namen und Kontaktdaten sind für Ihre Rolle verdeckt, und nach Namen wird nicht gesucht. Support und Marketing sehen sie.',
  'Names and contacts are masked for your role.':
    'Namen und Kontaktdaten sind für Ihre Rolle verdeckt.',
  'No addresses on record.': 'Keine Adressen bekannt.',
  'No customer found': 'Kein Kunde gefunden',
  'No data is kept of this customer.': 'Von diesem Kunden sind keine Daten gespeichert.',
  'No match among the {n} customers read so far. Go on to the next page.':
    'Kein Treffer unter den bisher gelesenen {n} Kunden. Gehen Sie zur nächsten Seite.',
  'open': 'offen',
  'Open the profile': 'Profil öffnen',
  'order known': 'Bestellung bekannt',
  'Other record': 'Anderer Datensatz',
  'Possible until {until}': 'Möglich bis {until}',
  'Reach': 'Erreichbarkeit',
  'Result of the merge': 'Ergebnis der Zusammenführung',
  'Show the result': 'Ergebnis anzeigen',
  'Signed up': 'Registriert am',
  'Sort order': 'Sortierung',
  'Spend': 'Ausgaben',
  'Spend by vertical': 'Ausgaben nach Sparte',
  'Tag': 'Schlagwort',
  'Tags': 'Schlagwörter',
  'The marketplace has not reported this customer. Only records are known.':
    'Der Marktplatz hat diesen Kunden nicht gemeldet. Nur Einträge sind bekannt.',
  'The records are merged. You can undo this for seven days.':
    'Die Datensätze sind zusammengeführt. Sie können das sieben Tage lang rückgängig machen.',
  'The records are separate again.': 'Die Datensätze sind wieder getrennt.',
  'This customer was erased. Records stay until their time ends, without contacts.':
    'Die Daten dieses Kunden wurden gelöscht. Einträge bleiben ohne Kontaktdaten bis zum Ende ihrer Frist.',
  'This record': 'Dieser Datensatz',
  'Undo merge': 'Wieder trennen',
  'Without a search': 'Ohne Suche',
  '{matched} shown so far, {read} read': '{matched} bisher angezeigt, {read} gelesen',
  '{n} in total': '{n} insgesamt',
  '{open} open, {redeemed} redeemed': '{open} offen, {redeemed} eingelöst',
  'Audience on this page': 'Zielgruppe auf dieser Seite',
  'Cost on this page': 'Kosten auf dieser Seite',
  'Created by': 'Erstellt von',
  'Everyone': 'Alle',
  'Live: not over, no drafts': 'Aktiv: nicht beendet, kein Entwurf',
  'Me': 'Mir',
  'Revenue on this page': 'Umsatz auf dieser Seite',
  'Sort by': 'Sortieren nach',
  'Start': 'Beginn',
}
