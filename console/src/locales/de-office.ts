// Holds the German of undoing a launch, of the audit log and of notices to a chat.
import type { TranslationTable } from './i18n'

export const deOffice: TranslationTable = {
  'Not started yet': 'Noch nicht gestartet',
  'Until then nothing is sent, and you can undo the launch.':
    'Bis dahin wird nichts gesendet, und Sie können den Start rückgängig machen.',
  'Sending starts: {time}.': 'Der Versand beginnt: {time}.',
  'Sending starts within a minute.': 'Der Versand beginnt innerhalb einer Minute.',
  'Launch undone. The campaign is a draft again.':
    'Start rückgängig gemacht. Die Kampagne ist wieder ein Entwurf.',
  'Undo launch': 'Start rückgängig machen',
  'Start sending now': 'Versand jetzt beginnen',
  'Nothing is sent for {n} seconds, in which you can undo the launch.':
    '{n} Sekunden lang wird nichts gesendet; so lange können Sie den Start rückgängig machen.',
  'approved': 'freigegeben',
  'undid the launch': 'Start rückgängig gemacht',
  'started at once': 'sofort gestartet',
  'deleted': 'gelöscht',
  'opened': 'geöffnet',
  'lifted the suppression': 'Sperre aufgehoben',
  'read a reply as a stop': 'Antwort als Stopp gelesen',
  'dismissed a reply': 'Antwort verworfen',
  'imported': 'importiert',
  'checked': 'geprüft',
  'uploaded': 'hochgeladen',
  'retried failed jobs': 'fehlgeschlagene Aufträge wiederholt',
  'repaired': 'repariert',
  'rotated the secret': 'Geheimnis erneuert',
  'sent a test': 'Test gesendet',
  'Setting': 'Einstellung',
  'Catalogue': 'Katalog',
  'Webhook endpoint': 'Webhook-Endpunkt',
  'Recount': 'Nachzählung',
  'Picture': 'Bild',
  'Audit log': 'Änderungsprotokoll',
  'Notifications to a chat': 'Benachrichtigungen an einen Chat',
  'A message is sent to the chat within a minute, once for each occurrence. What the chat refuses is in the audit log.':
    'Innerhalb einer Minute geht eine Nachricht an den Chat, einmal je Ereignis. Was der Chat ablehnt, steht im Änderungsprotokoll.',
  'Only administrators see the address of the chat.':
    'Nur Administratoren sehen die Adresse des Chats.',
  'Incoming webhook of the chat': 'Eingehender Webhook des Chats',
  'An https address, as Slack and Teams offer it. Leave blank for none.':
    'Eine https-Adresse, wie Slack und Teams sie anbieten. Leer lassen für keine.',
  'Notify when': 'Benachrichtigen, wenn',
  'A launch waits for an approver': 'Ein Start auf eine Freigabe wartet',
  'A campaign is completed': 'Eine Kampagne abgeschlossen ist',
  'The system paused a campaign': 'Das System eine Kampagne pausiert',
  'A campaign missed its start': 'Eine Kampagne ihren Beginn verpasst',
  'Sending on a channel has stopped': 'Der Versand auf einem Kanal stillsteht',
  'The AWS account is not ready': 'Das AWS-Konto nicht bereit ist',
  'The test arrives in the chat within a minute.':
    'Der Test kommt innerhalb einer Minute im Chat an.',
  'Send a test to the chat': 'Test an den Chat senden',
  'asked for an approval': 'Freigabe angefragt',
  'could not notify the chat': 'Chat nicht erreicht',
  'Who changed what and when: campaigns, settings, goodwill, suppressions, imports and the rest, newest first.':
    'Wer wann was geändert hat: Kampagnen, Einstellungen, Kulanz, Sperren, Importe und alles Übrige, das Neueste zuerst.',
  'Nothing found': 'Nichts gefunden',
  'Nothing on this page matches. Older entries may.':
    'Auf dieser Seite passt nichts. Ältere Einträge vielleicht.',
  'Change the filters to find more.': 'Ändern Sie die Filter, um mehr zu finden.',
  'A part of the name': 'Ein Teil des Namens',
  'What was changed': 'Was geändert wurde',
  'Changed item': 'Geändertes Element',
  'The file has the latest {n} entries.': 'Die Datei enthält die neuesten {n} Einträge.',
  'Sending starts in {n} seconds.': {
    one: 'Der Versand beginnt in 1 Sekunde.',
    other: 'Der Versand beginnt in {n} Sekunden.',
  },
}
