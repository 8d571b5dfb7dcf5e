// Holds the German of suppressions, imports and replies to review.

export const deSuppressions: Record<string, string> = {
  '(e-mail, phone or push endpoint), or': '(E-Mail, Telefon oder Push-Endpunkt), oder',
  'A decision applies immediately and can’t be undone here. A stop ends all SMS to the number until a later consent, a START reply or an administrator lifts it.':
    'Eine Entscheidung gilt sofort und lässt sich hier nicht rückgängig machen. Ein Stopp beendet alle SMS an die Nummer, bis eine spätere Einwilligung, die Antwort START oder ein Administrator ihn aufhebt.',
  'You can import a file that was exported here. Lines that can’t be read are listed and don’t stop the others. You can import the same file again: known addresses don’t change.':
    'Sie können eine Datei importieren, die hier exportiert wurde. Unlesbare Zeilen werden aufgeführt und halten die anderen nicht auf. Dieselbe Datei können Sie erneut importieren: Bekannte Adressen ändern sich nicht.',
  'a later consent': 'eine spätere Einwilligung',
  'a reply by SMS': 'eine Antwort per SMS',
  'a reply by SMS, read by an operator': 'eine Antwort per SMS, von einem Benutzer gelesen',
  'Replies that are stop words, such as STOP, apply automatically. Replies that only resemble one, such as “I want to cancel”, are listed here.':
    'Antworten mit einem Stoppwort wie STOP gelten automatisch. Antworten, die nur ähnlich klingen, wie „Ich möchte mich abmelden“, stehen hier.',
  'added by an operator': 'von einem Benutzer hinzugefügt',
  'Address for {channel}': 'Adresse für {channel}',
  'Addresses read: {n}': 'Gelesene Adressen: {n}',
  'Addresses saved: {n}': 'Gespeicherte Adressen: {n}',
  'All suppressed addresses': 'Alle gesperrten Adressen',
  'Administrators can lift active suppressions.':
    'Administratoren können geltende Sperren aufheben.',
  'an app registered the device again': 'eine App hat das Gerät neu registriert',
  'an erasure': 'eine Löschung',
  'an imported list': 'eine importierte Liste',
  'an operator': 'ein Benutzer',
  'Blocked': 'Blockiert',
  'Choose a file': 'Datei auswählen',
  'Column': 'Spalte',
  'Consents stay as they are: a customer who has denied one for this channel still gets nothing. The provider’s own list may still hold the address back.':
    'Einwilligungen bleiben, wie sie sind: Ein Kunde, der diesen Kanal abgelehnt hat, bekommt weiterhin nichts. Die Liste des Anbieters kann die Adresse weiter zurückhalten.',
  'Continue': 'Weiter',
  'Counts as a stop': 'Gilt als Stopp',
  'Customers who have it': 'Kunden mit dieser Adresse',
  'Customers who have it:': 'Kunden mit dieser Adresse:',
  'Dismissed. Nothing changes for the number.': 'Erledigt. Für die Nummer ändert sich nichts.',
  'E-mail, phone with country code, push endpoint, or key':
    'E-Mail, Telefon mit Ländervorwahl, Push-Endpunkt oder Schlüssel',
  'Erased': 'Gelöscht',
  'Everything in force is lifted, for every customer who has the address: {list}.':
    'Alles Geltende wird aufgehoben, für jeden Kunden mit dieser Adresse: {list}.',
  'Failures in a row': 'Fehler in Folge',
  'Failures in a row: {n}. The fifth suppresses it.':
    'Fehler in Folge: {n}. Der fünfte sperrt sie.',
  'File': 'Datei',
  'Import': 'Importieren',
  'Import CSV': 'CSV importieren',
  'in force': 'gilt',
  'Invalid': 'Ungültig',
  'Saved with the address, with your name.': 'Wird mit der Adresse und Ihrem Namen gespeichert.',
  'It is lifted by a later consent for the address, by an app that registers the device again, or by an administrator.':
    'Aufgehoben wird sie durch eine spätere Einwilligung für die Adresse, durch eine App, die das Gerät neu registriert, oder durch einen Administrator.',
  'It is lifted by a later consent for the address, by the word START from the phone, or by an administrator.':
    'Aufgehoben wird sie durch eine spätere Einwilligung für die Adresse, durch das Wort START vom Telefon oder durch einen Administrator.',
  'It is lifted by a later consent for the address, or by an administrator.':
    'Aufgehoben wird sie durch eine spätere Einwilligung für die Adresse oder durch einen Administrator.',
  'Keeps failing': 'Schlägt immer wieder fehl',
  'Key of the address': 'Schlüssel der Adresse',
  'Latest lift': 'Letzte Aufhebung',
  'Lift suppressions': 'Sperren aufheben',
  'lifted': 'aufgehoben',
  'Lifted. Consents stay as they are.': 'Aufgehoben. Einwilligungen bleiben, wie sie sind.',
  'Line': 'Zeile',
  'Lines: {n}': 'Zeilen: {n}',
  'Lines done: {n} of {all}': 'Erledigte Zeilen: {n} von {all}',
  'Means something else': 'Bedeutet etwas anderes',
  'Messages are sent to it, if the customer has agreed.':
    'Nachrichten werden an sie gesendet, wenn der Kunde eingewilligt hat.',
  'No address of this channel is suppressed': 'Keine Adresse dieses Kanals ist gesperrt',
  'No more than {n} are shown.': 'Mehr als {n} werden nicht angezeigt.',
  'No replies to review': 'Keine Antworten zur Prüfung',
  'not suppressed': 'nicht gesperrt',
  'No messages are sent to it.': 'An sie werden keine Nachrichten gesendet.',
  'No more messages are sent to it, whichever customers have it now or later.':
    'An sie werden keine Nachrichten mehr gesendet, welche Kunden sie auch jetzt oder später haben.',
  'Nothing more is sent to this number by SMS.':
    'Per SMS wird an diese Nummer nichts mehr gesendet.',
  'Nothing yet.': 'Noch nichts.',
  'Number': 'Nummer',
  'Only an administrator lifts it.': 'Nur ein Administrator hebt sie auf.',
  'Opted out': 'Abgemeldet',
  'View campaigns, reports, health, suppressions and diagnostics':
    'Kampagnen, Berichte, Zustand, Sperren und Diagnose ansehen',
  'Reasons, in force and lifted': 'Gründe, geltende und aufgehobene',
  'Refused lines': 'Abgelehnte Zeilen',
  'SMS replies that resemble a stop or start word, oldest first. Each is kept for up to 90 days; until you decide, nothing changes for the number.':
    'SMS-Antworten, die einem Stopp- oder Startwort ähneln, älteste zuerst. Jede wird bis zu 90 Tage aufbewahrt; bis zu Ihrer Entscheidung ändert sich für die Nummer nichts.',
  'Reply': 'Antwort',
  'See address {n}': 'Adresse {n} ansehen',
  'See the address': 'Adresse ansehen',
  'Since': 'Seit',
  'Someone has already decided about this reply.': 'Über diese Antwort wurde schon entschieden.',
  'a previous holder asked for erasure': 'ein früherer Inhaber verlangte die Löschung',
  'Stop after this part': 'Nach diesem Teil anhalten',
  'Suppress': 'Sperren',
  'Suppress addresses, import lists of them, decide what replies mean':
    'Adressen sperren, Listen davon importieren, über Antworten entscheiden',
  'Suppress an address': 'Adresse sperren',
  'Suppress this address': 'Diese Adresse sperren',
  'suppressed': 'gesperrt',
  'Suppressed addresses': 'Gesperrte Adressen',
  'Suppressed. No more messages are sent to this address.':
    'Gesperrt. An diese Adresse werden keine Nachrichten mehr gesendet.',
  'Suppressed: {taken}. Known already: {unchanged}. Refused: {refused}.':
    'Gesperrt: {taken}. Schon bekannt: {unchanged}. Abgelehnt: {refused}.',
  'Suppressions': 'Sperren',
  'The address itself is not kept here, only its key, so it cannot be shown.':
    'Die Adresse selbst wird hier nicht aufbewahrt, nur ihr Schlüssel; daher lässt sie sich nicht anzeigen.',
  'Addresses that get no messages, and why. A suppression belongs to the address: it applies to every customer who has it, now or later.':
    'Adressen, die keine Nachrichten bekommen, und warum. Eine Sperre gehört zur Adresse: Sie gilt für jeden Kunden, der sie jetzt oder später hat.',
  'The file is not in UTF-8: save it as “CSV UTF-8”.':
    'Die Datei ist nicht in UTF-8: Speichern Sie sie als „CSV UTF-8“.',
  'The first line names the columns. One of them is the address:':
    'Die erste Zeile benennt die Spalten. Eine davon ist die Adresse:',
  'The first line of the file has to name its columns, each one once.':
    'Die erste Zeile der Datei muss ihre Spalten benennen, jede einmal.',
  'Optional columns:': 'Optionale Spalten:',
  'The parts before it are imported. “Try again” continues after them.':
    'Die Teile davor sind importiert. „Erneut versuchen“ macht danach weiter.',
  'the address is suppressed': 'die Adresse ist gesperrt',
  'the provider of the channel': 'der Anbieter des Kanals',
  'the provider’s contact list': 'die Kontaktliste des Anbieters',
  'The quote on line {n} is never closed.':
    'Das Anführungszeichen in Zeile {n} wird nicht geschlossen.',
  'the unsubscribe link of a message': 'der Abmeldelink einer Nachricht',
  'the word START, or coming back to the contact list':
    'das Wort START oder die Rückkehr auf die Kontaktliste',
  'This address is not suppressed and never was.':
    'Diese Adresse ist nicht gesperrt und war es nie.',
  'Enter an address or a key.': 'Geben Sie eine Adresse oder einen Schlüssel ein.',
  'Replies to review': 'Antworten zur Prüfung',
  'Meaning': 'Bedeutung',
  'Addresses are listed here when someone replies STOP, unsubscribes or complains, or when a message hard-bounces. You can also import a list.':
    'Hier erscheinen Adressen, wenn jemand mit STOP antwortet, sich abmeldet oder beschwert, oder wenn eine Nachricht dauerhaft unzustellbar ist. Sie können auch eine Liste importieren.',
  'with': 'mit',
}
