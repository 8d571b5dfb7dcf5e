// Holds the German of the readiness of the AWS account.

export const deReadiness: Record<string, string> = {
  'Readiness': 'Bereitschaft',
  'Whether the AWS account behind this system can send what a campaign needs: quotas, identities, spend limits, alarms and backups.':
    'Ob das AWS-Konto dieses Systems versenden kann, was eine Kampagne braucht: Kontingente, Identitäten, Ausgabenlimits, Alarme und Sicherungen.',
  'The account hasn’t been checked yet': 'Das Konto wurde noch nicht geprüft',
  'The engineer who deployed this system checks it with the command below. Until then nothing is known, and no launch is refused.':
    'Wer dieses System aufgesetzt hat, prüft es mit dem Befehl unten. Bis dahin ist nichts bekannt, und kein Start wird abgelehnt.',
  'Measured against a campaign of {n} messages.': 'Gemessen an einer Kampagne mit {n} Nachrichten.',
  'Check': 'Prüfung',
  'Measured': 'Gemessen',
  'Needed': 'Nötig',
  'Checked': 'Geprüft',
  'This file isn’t the output of make preflight JSON=1.':
    'Diese Datei ist nicht die Ausgabe von make preflight JSON=1.',
  'The new answers are stored.': 'Die neuen Antworten sind gespeichert.',
  'Check the account again': 'Konto erneut prüfen',
  'Run this in the project’s folder with credentials for the AWS account. It changes nothing in the account.':
    'Wer Zugangsdaten zum AWS-Konto hat, führt dies im Ordner des Projekts aus. Es ändert nichts am Konto.',
  'If those credentials can’t write to this system, run it with JSON=1 instead of STORE=1 and upload the output.':
    'Wenn diese Zugangsdaten nicht in dieses System schreiben dürfen, führe es mit JSON=1 statt STORE=1 aus und lade die Ausgabe hoch.',
  'Upload the output': 'Ausgabe hochladen',
  'Couldn’t store the answers': 'Die Antworten konnten nicht gespeichert werden',
  'Platform': 'Plattform',
  'Operations': 'Betrieb',
  'In the way': 'Blockiert',
  'Not known': 'Unbekannt',
  'Worth a look': 'Ansehen',
  'Good': 'In Ordnung',
  'Not checked': 'Nicht geprüft',
  'Nothing is known about the account.': 'Über das Konto ist nichts bekannt.',
  'Not ready': 'Nicht bereit',
  'Campaigns that depend on what is in the way can’t be launched above {n} customers until it is mended and checked again.':
    'Kampagnen, die von dem abhängen, was blockiert, können nicht für mehr als {n} Kunden gestartet werden, bis es behoben und erneut geprüft ist.',
  'Not fully known': 'Nicht vollständig bekannt',
  'Nothing is in the way, but part of the account couldn’t be asked.':
    'Nichts blockiert, aber ein Teil des Kontos konnte nicht abgefragt werden.',
  'Checked too long ago': 'Prüfung zu lange her',
  'Nothing was in the way, more than a week ago. Quotas and identities change: check again.':
    'Vor mehr als einer Woche blockierte nichts. Kontingente und Identitäten ändern sich: bitte erneut prüfen.',
  'Ready': 'Bereit',
  'Nothing is in the way of a launch.': 'Einem Start steht nichts im Weg.',
  'The AWS account isn’t ready for this campaign':
    'Das AWS-Konto ist für diese Kampagne nicht bereit',
  'It can’t be launched above {n} customers until this is mended and the account is checked again.':
    'Sie kann nicht für mehr als {n} Kunden gestartet werden, bis dies behoben und das Konto erneut geprüft ist.',
}
