// Holds the German of the palette, the notifications, the pre-flight of a launch, the reminder's messages and help.

import type { TranslationTable } from './i18n'

export const dePalette: TranslationTable = {
  'next send {when}': 'nächster Versand {when}',
  'Saved by {name} {when}. This differs from what you have here:':
    'Gespeichert von {name} {when}. Das weicht von Ihrem Stand hier ab:',
  'A new draft is limited to {n} vouchers. Change that under “Schedule & limits”.':
    'Ein neuer Entwurf ist auf {n} Gutscheine begrenzt. Ändern Sie das unter „Zeitplan und Limits“.',
  'Save the draft': 'Den Entwurf speichern',
  'Changes are saved first.': 'Änderungen werden vorher gespeichert.',
  'Customers lose vouchers for up to {amount}.': 'Kunden verlieren Gutscheine für bis zu {amount}.',
  'All campaigns': 'Alle Kampagnen',
  'One test sends at most {n} messages.': 'Ein Test sendet höchstens {n} Nachrichten.',
  'Ask why: {customer}': 'Nach dem Grund fragen: {customer}',
  'A customer id. Leave blank for an example customer.':
    'Eine Kunden-ID. Leer lassen für einen Beispielkunden.',
  'A promotion selects its customers once, when it starts.':
    'Eine Aktion wählt ihre Kunden einmal aus: wenn sie startet.',
  'At {hour}:00 of each customer’s day.': 'Um {hour}:00 Uhr am Tag jedes Kunden.',
  'Check before you launch': 'Vor dem Start prüfen',
  'Checked every minute while the console is open.':
    'Wird jede Minute geprüft, solange die Konsole offen ist.',
  'Desktop': 'Bildschirm',
  'Each time its trigger applies to a customer.':
    'Jedes Mal, wenn der Auslöser auf einen Kunden zutrifft.',
  'First messages': 'Erste Nachrichten',
  'From {time} ({zone}).': 'Ab {time} ({zone}).',
  'Import a file': 'Datei importieren',
  'Import failed': 'Import fehlgeschlagen',
  'Import is checked': 'Import ist geprüft',
  'Import is done': 'Import ist fertig',
  'It reaches nobody now': 'Sie erreicht zurzeit niemanden',
  'Launch it although it reaches nobody': 'Starten, obwohl sie niemanden erreicht',
  'Loading …': 'Wird geladen …',
  'Look at what the check found, then start it.':
    'Sehen Sie sich das Ergebnis der Prüfung an und starten Sie ihn dann.',
  'Messages of the reminder': 'Nachrichten der Erinnerung',
  'More than {n} events wait to be sent again.':
    'Mehr als {n} Ereignisse warten auf erneutes Senden.',
  'Neither vouchers nor exposure have a limit.':
    'Weder Gutscheine noch Kostenrisiko haben ein Limit.',
  'Next send: {time} ({zone}).': 'Nächster Versand: {time} ({zone}).',
  'Not sure?': 'Nicht sicher?',
  'Not translated yet: {language}': 'Noch nicht übersetzt: {language}',
  'Nothing found. Try a part of the name, or a whole e-mail address.':
    'Nichts gefunden. Versuchen Sie einen Teil des Namens oder eine ganze E-Mail-Adresse.',
  'Notifications': 'Benachrichtigungen',
  'Page, campaign, customer or action': 'Seite, Kampagne, Kunde oder Aktion',
  'Preview as customer': 'Vorschau als Kunde',
  'Preview of the reminder': 'Vorschau der Erinnerung',
  'Search everywhere': 'Überall suchen',
  'Searching …': 'Wird gesucht …',
  'See the cause, and upload the file again.':
    'Sehen Sie die Ursache an und laden Sie die Datei neu hoch.',
  'See what was imported and what was refused.':
    'Sehen Sie, was importiert und was abgelehnt wurde.',
  'See who is waiting': 'Wartende ansehen',
  'Send yourself a test first': 'Erst einen Test an sich selbst senden',
  'Sending is paused': 'Der Versand ist pausiert',
  'Sending waits': 'Der Versand wartet',
  'Sending waits for quiet hours': 'Der Versand wartet wegen der Ruhezeit',
  'Start from a playbook': 'Mit einer Vorlage beginnen',
  'Switch between light and dark': 'Zwischen Hell und Dunkel wechseln',
  'The messages have no warnings.': 'Die Nachrichten haben keine Warnungen.',
  'There is no customer with this id.': 'Es gibt keinen Kunden mit dieser ID.',
  'There is nothing new. Campaigns that pause, fail or wait for you appear here.':
    'Es gibt nichts Neues. Hier erscheinen Kampagnen, die pausieren, fehlschlagen oder auf Sie warten.',
  'Webhook endpoint refuses events': 'Webhook-Ziel lehnt Ereignisse ab',
  'Width': 'Breite',
  'Within a minute.': 'Innerhalb einer Minute.',
  'Without them, it repeats the messages above word for word.':
    'Ohne sie wiederholt die Erinnerung die Nachrichten oben Wort für Wort.',
  'Write the reminder its own messages': 'Eigene Nachrichten für die Erinnerung schreiben',
  '{channel}: quiet hours from {from} to {to} in each customer’s time zone.':
    '{channel}: Ruhezeit von {from} bis {to} in der Zeitzone jedes Kunden.',
  '{channel}: quiet hours until {time} in {zone}. Messages wait until then.':
    '{channel}: Ruhezeit bis {time} in {zone}. Nachrichten warten bis dahin.',
  '{n} customers are waiting.': { one: '{n} Kunde wartet.', other: '{n} Kunden warten.' },
  'Too few customers to measure': 'Zu wenige Kunden zum Messen',
  'The smallest group gets about {n} customers. Reports need at least 100 in each group.': {
    one: 'Die kleinste Gruppe bekommt etwa {n} Kunden. Berichte brauchen mindestens 100 je Gruppe.',
    other:
      'Die kleinste Gruppe bekommt etwa {n} Kunden. Berichte brauchen mindestens 100 je Gruppe.',
  },
  '{n} customers match, and none of them can be reached on its channels.': {
    one: '{n} Kunde passt und ist auf ihren Kanälen nicht erreichbar.',
    other: '{n} Kunden passen, und keiner ist auf ihren Kanälen erreichbar.',
  },
  '{n} events wait to be sent again.': {
    one: '{n} Ereignis wartet auf erneutes Senden.',
    other: '{n} Ereignisse warten auf erneutes Senden.',
  },
  '{n} messages as customers get them': {
    one: '{n} Nachricht, wie Kunden sie erhalten',
    other: '{n} Nachrichten, wie Kunden sie erhalten',
  },
  '{n} new notifications': {
    one: '{n} neue Benachrichtigung',
    other: '{n} neue Benachrichtigungen',
  },
  '{n} results': { one: '{n} Ergebnis', other: '{n} Ergebnisse' },
  'Help: {about}': 'Hilfe: {about}',
  'The most that open vouchers can still cost, if each is redeemed in full. It falls when vouchers expire or are revoked, and becomes cost when they are redeemed.':
    'Der höchste Betrag, den offene Gutscheine noch kosten können, wenn jeder voll eingelöst wird. Er sinkt, wenn Gutscheine ablaufen oder widerrufen werden, und wird zu Kosten, wenn sie eingelöst werden.',
  'Compares customers who got a voucher with the control group: customers who were eligible and got none. It waits until chance is an unlikely explanation.':
    'Vergleicht Kunden mit Gutschein mit der Kontrollgruppe: Kunden, die infrage kamen und keinen erhielten. Es wartet, bis Zufall eine unwahrscheinliche Erklärung ist.',
  'Revenue of orders with a voucher, divided by discounts and message cost. It includes orders that would have come anyway; the incremental effect leaves them out.':
    'Umsatz aus Bestellungen mit Gutschein, geteilt durch Rabatte und Nachrichtenkosten. Er enthält Bestellungen, die ohnehin gekommen wären; der Zusatzeffekt lässt sie weg.',
  'The amount that customers with a voucher spent beyond the control group in the same 28 days. The range says how sure that is.':
    'Der Betrag, den Kunden mit Gutschein in denselben 28 Tagen mehr ausgaben als die Kontrollgruppe. Die Spanne sagt, wie sicher das ist.',
  'Each selected customer ends in one of these groups. When all are accounted for, nobody was lost and nobody got two vouchers.':
    'Jeder ausgewählte Kunde landet in einer dieser Gruppen. Sind alle erfasst, ging niemand verloren und niemand erhielt zwei Gutscheine.',
  'Customers read so far: {n}': 'Bisher gelesene Kunden: {n}',
  'The file has the first {n} customers.': 'Die Datei enthält die ersten {n} Kunden.',
  'Ids and numbers, without names and contacts.': 'IDs und Zahlen, ohne Namen und Kontaktdaten.',
  'In all {n} languages': { one: 'In ihrer Sprache', other: 'In allen {n} Sprachen' },
  '{share} processed': '{share} verarbeitet',
  'Select all that match': 'Alle Treffer auswählen',
}
