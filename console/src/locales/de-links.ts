// Holds the German of links in messages and the way out of an SMS.

export const deLinks: Record<string, string> = {
  'a page on which the customer accepts the offer':
    'eine Seite, auf der der Kunde das Angebot annimmt',
  'Add a country': 'Land hinzufügen',
  'All countries without a rule': 'Alle Länder ohne Regel',
  'Default of the deployment': 'Standard der Installation',
  'Country code (two letters)': 'Ländercode (zwei Buchstaben)',
  'Leave blank to use the number that the SMS comes from.':
    'Leer lassen für die Nummer, von der die SMS kommt.',
  'Destination': 'Ziel',
  'The opt-out text ends each SMS, in the language of the message, unless the message places it with {variable}.':
    'Der Abmeldetext beendet jede SMS, in der Sprache der Nachricht, außer die Nachricht setzt ihn mit {variable}.',
  'Link in messages': 'Link in Nachrichten',
  'link tapped': 'Link angetippt',
  'Link tapped': 'Link angetippt',
  'No rule': 'Keine Regel',
  'None, with a reason': 'Keiner, mit Begründung',
  'Number for replies': 'Nummer für Antworten',
  'Reply with a word': 'Antwort mit einem Wort',
  'Short link': 'Kurzlink',
  'the app': 'die App',
  'Opt-out text of SMS': 'Abmeldetext der SMS',
  'SMS opt-out': 'SMS-Abmeldung',
}
