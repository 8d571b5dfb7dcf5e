// Holds the German of the home page with its checklist, of the calendar, of charts, of what lists can do with
// several campaigns, of letters in an SMS, and of the page of components.
import type { TranslationTable } from './i18n'

export const deHome: TranslationTable = {
  // The home page.
  'Home': 'Startseite',
  'What is live, what needs a decision, and what this week brought.':
    'Was aktiv ist, was eine Entscheidung braucht und was diese Woche gebracht hat.',
  'Needs a decision': 'Braucht eine Entscheidung',
  'Nothing needs a decision: no campaign is paused, failing or silent.':
    'Nichts braucht eine Entscheidung: Keine Kampagne ist pausiert, gestört oder inaktiv.',
  'Part of this list could not be loaded. Reload the page to try again.':
    'Ein Teil dieser Liste konnte nicht geladen werden. Laden Sie die Seite neu.',
  'See the health of all campaigns': 'Zustand aller Kampagnen ansehen',
  'Customers can’t redeem its vouchers until you resume redeeming.':
    'Kunden können die Gutscheine erst einlösen, wenn Sie das Einlösen fortsetzen.',
  'It can’t be launched until an approver agrees.':
    'Sie kann erst starten, wenn eine freigabeberechtigte Person zustimmt.',
  'More than {n} replies to review': 'Mehr als {n} Antworten zur Prüfung',
  '{n} replies to review': {
    one: '{n} Antwort zur Prüfung',
    other: '{n} Antworten zur Prüfung',
  },
  'Each may be a wish to stop. Say what it means.':
    'Jede kann eine Abmeldung sein. Geben Sie an, was sie bedeutet.',
  'The last 7 days': 'Die letzten 7 Tage',
  'Open the overview': 'Übersicht öffnen',
  'No vouchers were issued or redeemed in the last 7 days.':
    'In den letzten 7 Tagen wurden keine Gutscheine ausgestellt oder eingelöst.',
  '{n} other currencies are in the overview.': {
    one: '{n} weitere Währung steht in der Übersicht.',
    other: '{n} weitere Währungen stehen in der Übersicht.',
  },
  'Live now': 'Derzeit aktiv',
  'No campaign is live.': 'Keine Kampagne ist aktiv.',
  'More than {n} campaigns are live. See all': 'Mehr als {n} Kampagnen sind aktiv. Alle ansehen',
  '{n} campaigns are live. See all': {
    one: '{n} Kampagne ist aktiv. Ansehen',
    other: '{n} Kampagnen sind aktiv. Alle ansehen',
  },
  '{n} of {of} customers processed': '{n} von {of} Kunden verarbeitet',
  '{n} issued in {days} days': 'In {days} Tagen ausgestellt: {n}',
  'What comes next': 'Was als Nächstes kommt',
  'Nothing is planned. Start from a playbook: it creates a draft and sends nothing.':
    'Nichts ist geplant. Beginnen Sie mit einer Vorlage: Sie erstellt einen Entwurf und sendet nichts.',
  'Nothing is planned.': 'Nichts ist geplant.',
  'Starts next': 'Startet demnächst',
  'Drafts to finish': 'Offene Entwürfe',
  'See all {n} drafts': {
    one: '{n} Entwurf ansehen',
    other: 'Alle {n} Entwürfe ansehen',
  },
  'Open the calendar': 'Kalender öffnen',
  // The checklist.
  'Show the setup checklist': 'Erste Schritte einblenden',
  'Get to your first campaign': 'Der Weg zur ersten Kampagne',
  '{n} of {of} steps done': '{n} von {of} Schritten erledigt',
  'Hide checklist': 'Schritte ausblenden',
  'Done': 'Erledigt',
  'Next step': 'Als Nächstes',
  'To do': 'Offen',
  'An administrator does this.': 'Das erledigt ein Administrator.',
  'Connect your customers': 'Kunden anbinden',
  'Your app sends customers, consents and orders through the API. Campaigns reach nobody until it does.':
    'Ihre App sendet Kunden, Einwilligungen und Bestellungen über die API. Bis dahin erreichen Kampagnen niemanden.',
  'Find a customer': 'Kunden suchen',
  'Set the sender name and the postal address': 'Absendername und Postanschrift festlegen',
  'Customers see the name as the sender. Many countries require a postal address in marketing e-mails.':
    'Kunden sehen den Namen als Absender. Viele Länder verlangen in Werbe-E-Mails eine Postanschrift.',
  'Open brand settings': 'Markeneinstellungen öffnen',
  'Set quiet hours': 'Ruhezeiten festlegen',
  'During quiet hours, messages wait until the morning of each customer.':
    'Während der Ruhezeiten warten Nachrichten bis zum Morgen jedes Kunden.',
  'Open contact settings': 'Kontakteinstellungen öffnen',
  'Add a test address': 'Testadresse hinzufügen',
  'With a test address you can send each message to yourself before customers get it.':
    'An eine Testadresse können Sie sich jede Nachricht senden, bevor Kunden sie bekommen.',
  'Open test addresses': 'Testadressen öffnen',
  'Enter your costs and margin': 'Kosten und Marge eingeben',
  'Reports then show profit and the cost of messages with your numbers.':
    'Dann zeigen Berichte Gewinn und Nachrichtenkosten mit Ihren Zahlen.',
  'Open costs': 'Kosten öffnen',
  'Create your first campaign': 'Erste Kampagne erstellen',
  'A playbook fills in most of it. It stays a draft until you launch it.':
    'Eine Vorlage füllt das meiste aus. Die Kampagne bleibt ein Entwurf, bis Sie sie starten.',
  'Choose a playbook': 'Vorlage auswählen',
  'Launch it': 'Kampagne starten',
  'The review step shows how many customers it reaches and the most it can cost.':
    'Der Schritt „Prüfung“ zeigt, wie viele Kunden sie erreicht und was sie höchstens kosten kann.',
  'Open promotions': 'Aktionen öffnen',
  // The calendar.
  'Calendar': 'Kalender',
  'Which campaigns are on, from when to when, and how many on each day.':
    'Welche Kampagnen aktiv sind, von wann bis wann, und wie viele an jedem Tag.',
  'Month': 'Monat',
  'Previous month': 'Voriger Monat',
  'Next month': 'Nächster Monat',
  'Go to this month': 'Zu diesem Monat',
  'No campaign in this month': 'Keine Kampagne in diesem Monat',
  'A campaign appears here once it is launched, or a draft once it has a start.':
    'Eine Kampagne erscheint hier, sobald sie gestartet ist, ein Entwurf, sobald sein Start feststeht.',
  'Campaigns on each day': 'Kampagnen an jedem Tag',
  'Only the newest {n} campaigns are shown.': 'Nur die neuesten {n} Kampagnen werden gezeigt.',
  'the whole month': 'den ganzen Monat',
  'from {day}, into the next month': 'ab {day}, bis in den nächsten Monat',
  'from {day}, without an end': 'ab {day}, ohne Ende',
  // Charts.
  '{title}: move through the days with the arrow keys':
    '{title}: mit den Pfeiltasten durch die Tage gehen',
  'Whole period': 'Ganzer Zeitraum',
  'Export these numbers as CSV: {title}': 'Diese Zahlen als CSV exportieren: {title}',
  'CSV': 'CSV',
  'Point at a day, or use the arrow keys.':
    'Zeigen Sie auf einen Tag, oder nutzen Sie die Pfeiltasten.',
  'matches of a typical day': 'Treffer eines üblichen Tages',
  // What lists do with several campaigns, and saved views.
  'Actions for selected campaigns': 'Befehle für ausgewählte Kampagnen',
  '{n} campaigns selected': {
    one: '{n} Kampagne ausgewählt',
    other: '{n} Kampagnen ausgewählt',
  },
  'Clear selection': 'Auswahl aufheben',
  'This changes {n} campaigns.': {
    one: 'Das ändert {n} Kampagne.',
    other: 'Das ändert {n} Kampagnen.',
  },
  '{n} selected campaigns stay as they are: their state does not allow this.': {
    one: '{n} ausgewählte Kampagne bleibt, wie sie ist: Ihr Status lässt das nicht zu.',
    other: '{n} ausgewählte Kampagnen bleiben, wie sie sind: Ihr Status lässt das nicht zu.',
  },
  '{n} of {of} done': '{n} von {of} erledigt',
  '{n} changed.': '{n} geändert.',
  '{n} could not be changed:': {
    one: '{n} konnte nicht geändert werden:',
    other: '{n} konnten nicht geändert werden:',
  },
  'Saved views': 'Gespeicherte Ansichten',
  'No view': 'Keine Ansicht',
  'Save view': 'Ansicht speichern',
  'Delete view': 'Ansicht löschen',
  'Saved in this browser. To share a view, copy its address.':
    'In diesem Browser gespeichert. Zum Teilen kopieren Sie die Adresse der Ansicht.',
  // Lists of vouchers.
  'Vouchers by status:': 'Gutscheine nach Status:',
  'Vouchers read so far: {n}': 'Bisher gelesene Gutscheine: {n}',
  // Letters of an SMS.
  'These letters reduce an SMS from 160 to 70 characters:':
    'Mit diesen Buchstaben fasst eine SMS nur 70 statt 160 Zeichen:',
  'Replace letters': 'Buchstaben ersetzen',
  'Replaced.': 'Ersetzt.',
  // The page of components.
  'Components': 'Komponenten',
  'Every shared component in each of its states. Switch the colours in the header.':
    'Jede gemeinsame Komponente in all ihren Zuständen. Farben wechseln Sie in der Kopfzeile.',
  'Narrow': 'Schmal',
  'Right to left': 'Von rechts nach links',
  'Profit': 'Gewinn',
  'Show what loads': 'Ladeanzeigen einblenden',
  'Open a dialog': 'Dialog öffnen',
}
