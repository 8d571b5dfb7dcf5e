// Holds the German of settings, approvals, rights and API keys.

export const deGovernance: Record<string, string> = {
  'Use the phone’s country for customers without a time zone':
    'Land der Telefonnummer für Kunden ohne Zeitzone verwenden',
  'a property': 'eine Eigenschaft',
  'Percentages apply to': 'Prozentrabatte gelten auf',
  'Approve campaigns above a threshold that others wrote':
    'Kampagnen anderer über einer Schwelle freigeben',
  'An approver who did not write it approves it here. Any edit needs a new approval. Below the threshold, no approval is needed.':
    'Eine freigabeberechtigte Person, die sie nicht geschrieben hat, gibt sie hier frei. Jede Änderung braucht eine neue Freigabe. Unter der Schwelle ist keine nötig.',
  'Approvals': 'Freigaben',
  'Approve': 'Freigeben',
  'Approved by {name}': 'Freigegeben von {name}',
  'Approved. It can start now.': 'Freigegeben. Sie kann jetzt starten.',
  'Ask someone in the approver group.': 'Fragen Sie jemanden aus der Gruppe approver.',
  'became': 'wurde zu',
  'Before discounts and message costs. Used to compute the profit of additional sales.':
    'Vor Rabatten und Nachrichtenkosten. Damit wird der Gewinn aus zusätzlichen Verkäufen berechnet.',
  'behind by': 'Rückstand',
  'Best and worst': 'Beste und schlechteste',
  'Change settings and webhooks': 'Einstellungen und Webhooks ändern',
  'Open vouchers are as of today; redeemed, expired and revoked ones are of this period. Still to come is estimated from the campaigns’ own redemptions, from 20 on.':
    'Offene Gutscheine haben den heutigen Stand; eingelöste, abgelaufene und widerrufene sind aus diesem Zeitraum. Was noch kommt, ist aus den Einlösungen der Kampagnen geschätzt, ab 20.',
  'Costs': 'Kosten',
  'Counting vouchers into the reports': 'Gutscheine für die Berichte zählen',
  'Currency': 'Währung',
  'Currency and time zone': 'Währung und Zeitzone',
  'Customers': 'Kunden',
  'Earned least': 'Am wenigsten verdient',
  'Earned most': 'Am meisten verdient',
  'Leave blank for no threshold.': 'Ohne Angabe gilt keine Schwelle.',
  'Fixed amounts': 'Feste Beträge',
  'Free delivery always comes last.': 'Kostenlose Lieferung kommt immer zuletzt.',
  'Groups': 'Gruppen',
  'is a number': 'ist eine Zahl',
  'Its possible cost is above the approval threshold.':
    'Ihre möglichen Kosten liegen über der Freigabeschwelle.',
  'It may reach more customers than the approval threshold.':
    'Sie erreicht eventuell mehr Kunden als die Freigabeschwelle.',
  'Approval required': 'Freigabe erforderlich',
  'its days are those of the reports': 'ihre Tage sind die der Berichte',
  'Quiet hours of this campaign': 'Ruhezeiten dieser Kampagne',
  'Its secret was changed': 'Sein Geheimnis wurde geändert',
  'Last run': 'Letzter Lauf',
  'Recovering stalled work': 'Stockende Arbeit wiederaufnehmen',
  'Create, edit, clone, launch, pause and cancel campaigns':
    'Kampagnen erstellen, bearbeiten, duplizieren, starten, pausieren und abbrechen',
  'Margin': 'Marge',
  'No campaign can be judged yet. A campaign needs about 1,000 customers, including a control group, and some orders.':
    'Noch ist kein Urteil über eine Kampagne möglich. Dafür braucht sie etwa 1.000 Kunden mit Kontrollgruppe und einige Bestellungen.',
  'No discount takes more than the ones before it have left.':
    'Kein Rabatt nimmt mehr, als die vorherigen übrig lassen.',
  'No quiet hours are set.': 'Es sind keine Ruhezeiten festgelegt.',
  'No quiet hours were saved yet, so these defaults apply on every channel until an administrator saves others.':
    'Noch wurden keine Ruhezeiten gespeichert, daher gelten diese Standardwerte auf jedem Kanal, bis ein Administrator andere speichert.',
  'Stay within your provider’s limits. Leave blank for the default of the deployment ({list}).':
    'Bleiben Sie innerhalb der Limits Ihres Anbieters. Leer lassen für den Standardwert der Installation ({list}).',
  'Quiet hours from Settings apply, in each customer’s time zone: {list}.':
    'Die Ruhezeiten aus den Einstellungen gelten, in der Zeitzone jedes Kunden: {list}.',
  'Gross margin (%)': 'Bruttomarge (%)',
  'One e-mail': 'Eine E-Mail',
  'One push message': 'Eine Push-Nachricht',
  'One SMS segment': 'Ein SMS-Segment',
  'A test address from Settings.': 'Eine Testadresse aus den Einstellungen.',
  'Only vouchers of offers that combine go on the same order; each campaign says what its offer combines with.':
    'Nur Gutscheine kombinierbarer Angebote gelten für dieselbe Bestellung; jede Kampagne sagt, womit ihr Angebot kombinierbar ist.',
  'Only the newest were looked at.': 'Nur die neuesten wurden geprüft.',
  'Minimum orders': 'Mindestbestellungen',
  'Above either threshold, an approver who did not write the campaign must approve it before it starts. The campaign’s own limits count: without a limit it needs approval.':
    'Über einer der beiden Schwellen muss eine freigabeberechtigte Person, die die Kampagne nicht geschrieben hat, sie vor dem Start freigeben. Es zählen die eigenen Limits der Kampagne: Ohne Limit braucht sie eine Freigabe.',
  'Parts changed: {n}': 'Geänderte Teile: {n}',
  'Percentages': 'Prozentrabatte',
  'Add quiet hours for this campaign': 'Ruhezeiten für diese Kampagne hinzufügen',
  'Removed.': 'Entfernt.',
  'Reports count by them, so they are part of the deployment. To change them, deploy with other values of the parameters {list}; amounts and days that are counted stay as they are.':
    'Die Berichte zählen danach, deshalb gehören sie zur Installation. Um sie zu ändern, installieren Sie mit anderen Werten der Parameter {list}; gezählte Beträge und Tage bleiben, wie sie sind.',
  'Used for every report, including past periods. Leave blank for the default (shown in grey).':
    'Gilt für alle Berichte, auch für frühere Zeiträume. Leer lassen für den Standardwert (in Grau).',
  'Retry failed jobs; recount and repair counters':
    'Fehlgeschlagene Aufträge wiederholen; Zähler nachzählen und korrigieren',
  'Upload images, send tests; retry and drop pending triggers':
    'Bilder hochladen, Tests senden; offene Auslösungen wiederholen und verwerfen',
  'Sending due messages': 'Fällige Nachrichten senden',
  'Several vouchers': 'Mehrere Gutscheine',
  'Several vouchers on one order': 'Mehrere Gutscheine pro Bestellung',
  'Minimum spend': 'Mindestausgaben',
  'Still to come': 'Noch zu erwarten',
  'Applied first': 'Zuerst angewendet',
  'The first three run each minute; counting runs when a voucher changes, and its delay is that of the last change.':
    'Die ersten drei laufen jede Minute; gezählt wird, wenn sich ein Gutschein ändert, und der Rückstand ist der der letzten Änderung.',
  'the previous one stays valid for a day after that.':
    'das vorige bleibt danach einen Tag lang gültig.',
  'Original prices': 'Ursprungspreise',
  'Reduced prices': 'Reduzierte Preise',
  'Vertical they already order from': 'Sparte, in der sie schon bestellen',
  'Vertical to try': 'Neue Sparte',
  'Only administrators see the list, because it has people’s addresses. You can send a test to a listed address by typing it in the wizard.':
    'Nur Administratoren sehen die Liste, weil sie Adressen von Personen enthält. Sie können einen Test an eine Adresse der Liste senden, indem Sie sie im Assistenten eingeben.',
  'Default quiet hours': 'Standard-Ruhezeiten',
  'Time zone': 'Zeitzone',
  'Maximum vouchers per order': 'Höchstzahl Gutscheine pro Bestellung',
  'What a message costs': 'Kosten einer Nachricht',
  'What each group may do': 'Rechte der Gruppen',
  'The most that its vouchers can cost together. Leave blank for no threshold.':
    'So viel können ihre Gutscheine zusammen höchstens kosten. Ohne Angabe gilt keine Schwelle.',
  'Background jobs': 'Hintergrundaufträge',
  'What vouchers can still cost': 'Mögliche Restkosten der Gutscheine',
  'When approval is required': 'Wann eine Freigabe nötig ist',
  'Latitude, longitude': 'Breite, Länge',
  'Applies to countries with a single time zone. In all other cases the default time zone is used: {zone}.':
    'Gilt für Länder mit einer einzigen Zeitzone. Sonst gilt die Standard-Zeitzone: {zone}.',
  'Autopilot schedules': 'Zeitpläne der Autopiloten',
  'You are {name}': 'Angemeldet als {name}',
  'yours': 'Ihre Gruppe',
  '{channel}: from the scheduled time to the provider':
    '{channel}: von der geplanten Zeit bis zum Anbieter',
  '{n} of {of} campaigns of this period have enough customers to judge.':
    '{n} von {of} Kampagnen dieses Zeitraums haben genug Kunden für ein Urteil.',
  '{n} redemptions': '{n} Einlösungen',
  'API keys': 'API-Schlüssel',
  'by the deployment': 'durch die Installation',
  'Created': 'Erstellt',
  'customers': 'Kunden',
  'In use': 'In Gebrauch',
  'Key': 'Schlüssel',
  'Last used': 'Zuletzt benutzt',
  'May call': 'Darf aufrufen',
  'not used yet': 'noch nicht benutzt',
  'orders, carts, events': 'Bestellungen, Warenkörbe, Ereignisse',
  'catalogue': 'Katalog',
  'Rotated': 'Gewechselt',
  'Rotation in progress': 'Wechsel läuft',
  'Last use is updated hourly. Keys are created, rotated and revoked with':
    'Die letzte Nutzung wird stündlich aktualisiert. Schlüssel erstellt, wechselt und widerruft man mit',
  'vouchers': 'Gutscheine',
}
