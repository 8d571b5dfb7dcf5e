// Holds the German of topics and pauses.

export const deTopics: Record<string, string> = {
  'Add a language': 'Sprache hinzufügen',
  'Add a topic': 'Thema hinzufügen',
  'Opted in to a topic': 'Hat sich für ein Thema angemeldet',
  'all channels': 'alle Kanäle',
  'Customers choose topics on the preference page, behind the link in each message. A campaign with a topic skips customers who opted out of it.':
    'Kunden wählen Themen auf der Einstellungsseite hinter dem Link jeder Nachricht. Eine Kampagne mit Thema lässt Kunden aus, die sich davon abgemeldet haben.',
  'Resumed messages': 'Hat Nachrichten fortgesetzt',
  'get messages until they opt out': 'bekommen Nachrichten, bis sie sich abmelden',
  'get messages only after opting in': 'bekommen Nachrichten erst nach der Anmeldung',
  'Id': 'ID',
  'paused by the customer': 'vom Kunden pausiert',
  'Opted out of a topic': 'Hat sich von einem Thema abgemeldet',
  'opted out of the topic': 'vom Thema abgemeldet',
  'the preference page': 'die Einstellungsseite',
  'This customer paused messages until {time}.':
    'Dieser Kunde hat Nachrichten bis {time} pausiert.',
  'Topic': 'Thema',
  'Topic {n}': 'Thema {n}',
  'Topics': 'Themen',
  'Paused messages': 'Hat Nachrichten pausiert',
  'Topic of the messages': 'Thema der Nachrichten',
  'Customers who opted out of the topic get no message. Leave blank to send regardless of topics.':
    'Kunden, die sich vom Thema abgemeldet haben, bekommen keine Nachricht. Leer lassen, um unabhängig von Themen zu senden.',
  'Customers who have not chosen': 'Kunden ohne eigene Wahl',
}
