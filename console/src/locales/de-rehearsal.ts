// Holds the German of rehearsals and of predictions beside what happened.

export const deRehearsal: Record<string, string> = {
  'Customers read': 'Gelesene Kunden',
  'The campaign is still running.': 'Die Kampagne läuft noch.',
  'The campaign was changed after the rehearsal.': 'Die Kampagne wurde nach der Probe geändert.',
  'There were more or fewer customers at the launch.':
    'Beim Start gab es mehr oder weniger Kunden.',
  'The rehearsal was more than a day old at the launch.':
    'Die Probe war beim Start älter als ein Tag.',
  'Some customers could not be processed.': 'Einige Kunden konnten nicht verarbeitet werden.',
  'Predicted and happened': 'Vorhersage und Ergebnis',
  'Rehearsed': 'Geprobt',
  'Predicted': 'Vorhergesagt',
  'Happened': 'Eingetreten',
  'Difference': 'Unterschied',
  'The rehearsal was stopped.': 'Die Probe wurde angehalten.',
  'The rehearsal did not finish. Start it again.':
    'Die Probe wurde nicht fertig. Starte sie erneut.',
  'Rehearsal': 'Probe',
  'Decides about every customer as the launch would, and sends nothing.':
    'Entscheidet über alle Kunden wie beim Start und versendet nichts.',
  'The campaign was changed since this rehearsal.':
    'Die Kampagne wurde seit dieser Probe geändert.',
  'Rehearse again': 'Erneut proben',
  'Rehearse the launch': 'Start proben',
  'Progress of the rehearsal': 'Fortschritt der Probe',
  '{n} customers counted so far. The estimate is scaled to everybody.':
    '{n} Kunden bisher gezählt. Die Schätzung ist auf alle hochgerechnet.',
  '{n} customers, everybody, counted.': '{n} Kunden gezählt: alle.',
  'Message cost': 'Kosten der Nachrichten',
  'Time until all are sent': 'Zeit, bis alle versendet sind',
  'at today’s rates, with quiet hours': 'bei heutigem Versandtempo, mit Ruhezeiten',
  'First message by channel': 'Erste Nachricht nach Kanal',
  'Customers who get no voucher': 'Kunden ohne Gutschein',
  'Most frequent verticals': 'Häufigste Sparten',
  'Most frequent cities': 'Häufigste Städte',
  'Other campaigns for the same customers': 'Andere Kampagnen für dieselben Kunden',
  'There are too many customers to count here: the rehearsal counts all of them.':
    'Hier sind es zu viele Kunden zum Zählen: Die Probe zählt alle.',
  'A rehearsal less than a day old can stand for a limit':
    'Eine Probe unter einem Tag kann für ein Limit stehen',
  'A launch that it counted at or under a threshold needs no approval for it.':
    'Für einen Start, den sie höchstens auf dem Schwellenwert zählt, braucht es dafür keine Freigabe.',
  'Stop the rehearsal': 'Probe anhalten',
  'Save the draft to rehearse its launch on all customers.':
    'Speichere den Entwurf, um seinen Start an allen Kunden zu proben.',
}
