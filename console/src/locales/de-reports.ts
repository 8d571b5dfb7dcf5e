// Holds the German of the reports and of system health.

export const deReports: Record<string, string> = {
  'The groups aren’t comparable, so nothing is claimed.':
    'Die Gruppen sind nicht vergleichbar, daher wird nichts behauptet.',
  'About {n} more customers could change this to “{verdict}”.':
    'Etwa {n} weitere Kunden könnten daraus „{verdict}“ machen.',
  'At the current pace, they are reached by {day}.':
    'Beim jetzigen Tempo sind sie bis {day} erreicht.',
  'The variants aren’t as large as their shares. Find the cause before you compare them.':
    'Die Varianten sind nicht so groß wie ihre Anteile. Suchen Sie die Ursache, bevor Sie sie vergleichen.',
  '{name} earns more than every other variant.': '{name} verdient mehr als jede andere Variante.',
  '{name} earns more than it costs. Whether it is the best isn’t known yet.':
    '{name} verdient mehr, als sie kostet. Ob sie die beste ist, steht noch nicht fest.',
  '{name} costs more than it earns.': '{name} kostet mehr, als sie verdient.',
  'Nothing is shown yet. {name} leads so far.':
    'Noch ist nichts nachgewiesen. {name} liegt bisher vorn.',
  'Variant': 'Variante',
  'Variants': 'Varianten',
  'Profit over time': 'Gewinn im Zeitverlauf',
  'Without a control group, variants are compared only with each other.':
    'Ohne Kontrollgruppe werden Varianten nur miteinander verglichen.',
  'The intervals hold however often you look.':
    'Die Intervalle gelten, egal wie oft Sie nachsehen.',
  '95 of 100': '95 von 100',
  '95 of 100 within {time}': '95 von 100: bis zu {time}',
  '99 of 100': '99 von 100',
  'A campaign that is good in several verticals counts in each.':
    'Eine Kampagne, die in mehreren Sparten gilt, zählt in jeder.',
  'A queue is stalled: {about}': 'Eine Warteschlange stockt: {about}',
  'About {n} more customers would make it clear.':
    'Etwa {n} weitere Kunden würden Klarheit bringen.',
  'can still be redeemed': 'noch einlösbar',
  'as in the period before': 'wie im Zeitraum davor',
  'The same as in the previous period.': 'Wie im vorherigen Zeitraum.',
  'When a campaign sends, each channel is listed here with the results of its messages.':
    'Wenn eine Kampagne sendet, erscheint hier jeder Kanal mit den Ergebnissen seiner Nachrichten.',
  'Ask your system operator to check its timer and the watchdog.':
    'Bitten Sie die Systembetreuung, den Zeitgeber und den Wächter zu prüfen.',
  'Ask your system operator to check the function that reads it.':
    'Bitten Sie die Systembetreuung, die lesende Funktion zu prüfen.',
  '{n} rows differed at that time; ongoing traffic causes some.':
    '{n} Zeilen wichen zu dem Zeitpunkt ab; laufender Verkehr verursacht einige davon.',
  'Attempts': 'Versuche',
  'Attempts: {n}': 'Versuche: {n}',
  'Attempts to send: all of them are in delivery.': 'Sendeversuche: Alle stehen unter Zustellung.',
  'previously: {n}%': 'zuvor: {n}\u00a0%',
  'previously: {time}': 'zuvor: {time}',
  'Below each number: the drop-off since the previous stage.':
    'Unter jeder Zahl: die Abbrüche seit der vorherigen Stufe.',
  'between {low} and {high}': 'zwischen {low} und {high}',
  'Bounced': 'Unzustellbar',
  'By campaign': 'Nach Kampagne',
  'By channel': 'Nach Kanal',
  'By day': 'Nach Tag',
  'By vertical': 'Nach Sparte',
  'calendars of autopilots': 'Kalender der Autopiloten',
  'Target by behaviour, as the playbooks do, and compare its effect with its cost in Campaign performance.':
    'Richten Sie sich nach dem Verhalten, wie es die Vorlagen tun, und vergleichen Sie Wirkung und Kosten unter Kampagnenleistung.',
  'choosing customers': 'Kundenauswahl',
  'Issued, not accepted': 'Ausgestellt, nicht angenommen',
  'Compare the minimum basket with usual baskets, extend the validity, or send a reminder.':
    'Vergleichen Sie den Mindestbestellwert mit üblichen Warenkörben, verlängern Sie die Gültigkeit oder senden Sie eine Erinnerung.',
  'Compared with {from} – {to}, as many days before.':
    'Verglichen mit {from} – {to}, ebenso viele Tage davor.',
  'comparing': 'wird verglichen',
  'Complained': 'Beschwerden',
  'Approximate, as counted by SQS.': 'Ungefähr, wie SQS zählt.',
  'Counters': 'Zähler',
  'counting': 'wird gezählt',
  'Customer engagement': 'Kundeninteraktion',
  'declined, expired or revoked': 'abgelehnt, abgelaufen oder widerrufen',
  'Delivery': 'Zustellung',
  'Do the counters agree with the records?': 'Stimmen die Zähler mit den Einträgen überein?',
  'Due': 'Fällig',
  'Due by now': 'Bereits fällig',
  'E-mails to send': 'Zu sendende E-Mails',
  'each': 'pro Kunde',
  'Each queue': 'Jede Warteschlange',
  'every': 'alle',
  'Every customer gets the same offer, so most discounts go to customers who would have bought anyway':
    'Jeder Kunde bekommt dasselbe Angebot, daher gehen die meisten Rabatte an Kunden, die ohnehin gekauft hätten',
  'Exposure: the most it can cost': 'Kostenrisiko: die höchsten möglichen Kosten',
  'failed, bounced or no answer': 'fehlgeschlagen, unzustellbar oder ohne Antwort',
  'Failures, by reason': 'Fehler nach Grund',
  'Accepted, not redeemed': 'Angenommen, nicht eingelöst',
  'failed for good': 'endgültig fehlgeschlagen',
  'goes well': 'läuft gut',
  'Got a voucher': 'Mit Gutschein',
  'Half accept within': 'Die Hälfte nimmt an innerhalb von',
  'Half are with the provider within {time}.': 'Zeit, bis die Hälfte beim Anbieter ist: {time}.',
  'Half redeem within': 'Die Hälfte löst ein innerhalb von',
  'half within': 'die Hälfte innerhalb',
  'High acceptance, low redemption': 'Viele Annahmen, wenige Einlösungen',
  'The funnel from issue to redemption: how long it takes, and where customers drop off.':
    'Der Trichter von der Ausstellung bis zur Einlösung: wie lange es dauert und wo Kunden abbrechen.',
  'How long customers take': 'Wie lange Kunden brauchen',
  'How long it takes': 'Wie lange es dauert',
  'In 28 days': 'In 28 Tagen',
  'In short': 'Kurz gefasst',
  'In this period': 'In diesem Zeitraum',
  'can still be accepted': 'kann noch angenommen werden',
  'Messages are delivered, but few customers accept':
    'Nachrichten werden zugestellt, aber wenige Kunden nehmen an',
  'It cost more than it earned, with statistical significance.':
    'Sie kostete mehr, als sie einbrachte; das ist statistisch signifikant.',
  'It earned more than it cost, with statistical significance.':
    'Sie brachte mehr ein, als sie kostete; das ist statistisch signifikant.',
  'It roughly pays for itself. The difference is not statistically significant.':
    'Sie trägt sich ungefähr selbst. Der Unterschied ist statistisch nicht signifikant.',
  'late by': 'Verspätung',
  'Check the subject and first line, the minimum basket, and the other open offers of these customers.':
    'Prüfen Sie Betreff und erste Zeile, den Mindestbestellwert und die übrigen offenen Angebote dieser Kunden.',
  'Drop-off': 'Abbruch',
  'Many are skipped: opted out, without consent, or over a cap':
    'Viele werden ausgelassen: abgemeldet, ohne Einwilligung oder über einem Limit',
  'matches of autopilots, due': 'Treffer der Autopiloten, fällig',
  'Messages by day': 'Nachrichten pro Tag',
  'Messages are sent but not delivered': 'Nachrichten werden gesendet, aber nicht zugestellt',
  'Jobs failed: {about}': 'Fehlgeschlagene Aufträge: {about}',
  'Most drop-off is before sending: a slow or failing channel, or customers without one.':
    'Die meisten Abbrüche liegen vor dem Versand: ein langsamer oder gestörter Kanal, oder Kunden ohne Kanal.',
  'Most drop-off is in delivery: outdated addresses, or a provider that rejects messages.':
    'Die meisten Abbrüche liegen in der Zustellung: veraltete Adressen oder ein Anbieter, der Nachrichten ablehnt.',
  'Most often: {reason} ({n})': 'Am häufigsten: {reason} ({n})',
  'No answer': 'Keine Antwort',
  'No counter has drifted. Rows compared: {n}':
    'Kein Zähler ist abgewichen. Verglichene Zeilen: {n}',
  'No message in this period': 'Keine Nachricht in diesem Zeitraum',
  'No numbers on these days.': 'Keine Zahlen an diesen Tagen.',
  'There is no control group to compare with. Set one for the next campaign.':
    'Es gibt keine Kontrollgruppe zum Vergleich. Legen Sie für die nächste Kampagne eine fest.',
  'Not processed': 'Nicht verarbeitet',
  'not yet': 'noch nicht',
  'There is not enough data yet.': 'Es gibt noch nicht genug Daten.',
  'Nothing has been recounted yet. It is done each night.':
    'Noch wurde nichts nachgezählt. Das geschieht jede Nacht.',
  'Nothing is overdue.': 'Nichts ist überfällig.',
  'Profit assumes a {n}% margin. Change it in Settings → Costs.':
    'Der Gewinn unterstellt {n}\u00a0% Marge. Ändern Sie sie unter Einstellungen → Kosten.',
  '{n} of every 100 issued vouchers were redeemed.':
    'Von je 100 ausgestellten Gutscheinen wurden {n} eingelöst.',
  'of attempts': 'der Versuche',
  'of orders with a voucher': 'der Bestellungen mit Gutschein',
  'Share of first stage': 'Anteil der ersten Stufe',
  'Open vouchers are expected to cost about {cost}, in {n} redemptions.':
    'Offene Gutscheine kosten voraussichtlich etwa {cost}, bei {n} Einlösungen.',
  '{share} of vouchers at stage “{stage}” go no further.':
    '{share} der Gutscheine auf der Stufe „{stage}“ kommen nicht weiter.',
  'ordered': 'haben bestellt',
  'Orders': 'Bestellungen',
  'Period': 'Zeitraum',
  'Incremental profit': 'Mehrgewinn',
  'incremental profit: {value}, {bounds}': 'Mehrgewinn: {value}, {bounds}',
  'Push messages to send': 'Zu sendende Push-Nachrichten',
  'Postponed': 'Verschoben',
  'Postponed, will be retried': 'Verschoben, neuer Versuch folgt',
  'Queue': 'Warteschlange',
  'Queues': 'Warteschlangen',
  'Queues are processed, nothing has failed or stalled.':
    'Die Warteschlangen werden abgearbeitet, nichts ist fehlgeschlagen oder stockt.',
  'See the reasons in Failed jobs, fix the cause, then retry them.':
    'Sehen Sie die Gründe unter Fehlgeschlagene Aufträge nach, beheben Sie die Ursache und wiederholen Sie sie dann.',
  'Reason': 'Grund',
  'Recount now': 'Jetzt nachzählen',
  'redeemed': 'eingelöst',
  'redeemed of issued': 'eingelöst von ausgestellt',
  'redeemed of sent': 'eingelöst von gesendet',
  'Refused': 'Abgelehnt',
  'Refused or bounced': 'Abgelehnt oder unzustellbar',
  'Expired or revoked': 'Abgelaufen oder widerrufen',
  'Repair the counters': 'Zähler korrigieren',
  'Repaired': 'Korrigiert',
  'Revenue and cost by day, {currency}': 'Umsatz und Kosten pro Tag, {currency}',
  'Incremental revenue': 'Mehrumsatz',
  'Accurate to about 40%, because times are counted in steps.':
    'Auf etwa 40\u00a0% genau, weil Zeiten in Stufen gezählt werden.',
  'Rows repaired: {n}': 'Korrigierte Zeilen: {n}',
  'See bounces in delivery; find out where these addresses come from.':
    'Sehen Sie unzustellbare Nachrichten unter Zustellung nach; finden Sie heraus, woher diese Adressen stammen.',
  'See the failures by reason in delivery, and what waits in pending triggers.':
    'Sehen Sie die Fehler nach Grund unter Zustellung nach und was unter Offene Auslösungen wartet.',
  'See the skip reasons on the campaign’s page, and compare its channels with these customers’ consents.':
    'Sehen Sie die Gründe auf der Seite der Kampagne nach und vergleichen Sie die Kanäle mit den Einwilligungen dieser Kunden.',
  'vs. previous period': 'ggü. Vorzeitraum',
  'SMS to send': 'Zu sendende SMS',
  'Some of their 28 days are still to come: until {day} this is the state so far.':
    'Einige ihrer 28 Tage kommen noch: Bis {day} ist das der Zwischenstand.',
  'Something has stalled': 'Etwas stockt',
  'Action needed': 'Handlungsbedarf',
  'System health': 'Systemzustand',
  'Lower than in the previous period ({share}).': 'Niedriger als im vorherigen Zeitraum ({share}).',
  'Higher than in the previous period ({share}).': 'Höher als im vorherigen Zeitraum ({share}).',
  'The empty ones too': 'Auch die leeren',
  'the oldest': 'älteste',
  'The provider often does not answer: {share} of the attempts.':
    'Der Anbieter antwortet oft nicht: {share} der Versuche.',
  'The system is healthy': 'Das System arbeitet fehlerfrei',
  'One group is too small: each needs at least 100 customers.':
    'Eine Gruppe ist zu klein: Jede braucht mindestens 100 Kunden.',
  'There are too few redemptions for a forecast.':
    'Für eine Prognose gibt es zu wenige Einlösungen.',
  'There is more than is shown.': 'Es gibt mehr, als angezeigt wird.',
  'Too few vouchers to show where customers drop off.':
    'Zu wenige Gutscheine, um zu zeigen, wo Kunden abbrechen.',
  'Too few have ordered since: each group needs at least 20.':
    'Zu wenige haben seither bestellt: Jede Gruppe braucht mindestens 20.',
  'too few to say': 'zu wenige für eine Aussage',
  'Too many addresses bounce: {share}. Providers stop senders for this.':
    'Zu viele Adressen sind unzustellbar: {share}. Anbieter stoppen Absender deswegen.',
  'Too many are refused: {share} of the attempts.':
    'Zu viele werden abgelehnt: {share} der Versuche.',
  'Too many complaints: {share}. Providers stop senders for this.':
    'Zu viele Beschwerden: {share}. Anbieter stoppen Absender deswegen.',
  'Vouchers are issued but no message is sent':
    'Gutscheine werden ausgestellt, aber keine Nachricht wird gesendet',
  'Vouchers by day': 'Gutscheine pro Tag',
  'Way': 'Weg',
  'week of {day}': 'Woche ab {day}',
  'Results': 'Ergebnisse',
  'Work of paused campaigns stays due until they are resumed.':
    'Arbeit pausierter Kampagnen bleibt fällig, bis sie fortgesetzt werden.',
  'Spending varies too much for a group of this size.':
    'Die Ausgaben schwanken für eine Gruppe dieser Größe zu stark.',
  'What differed': 'Abweichungen',
  'The two sides are uneven': 'Die beiden Seiten sind ungleich',
  'The control group has {n} customers where about {expected} were expected. This is unlikely to be chance: find the cause before you trust the comparison.':
    'Die Kontrollgruppe hat {n} Kunden, wo etwa {expected} erwartet wurden. Das ist kaum Zufall: Suchen Sie die Ursache, bevor Sie dem Vergleich trauen.',
  'Incremental effect': 'Zusatzeffekt',
  'See campaign performance': 'Kampagnenleistung ansehen',
  'How providers handled your messages: accepted, failed and why, and how long it takes.':
    'Wie Anbieter Ihre Nachrichten behandelt haben: angenommen, fehlgeschlagen und warum, und wie lange es dauert.',
  'What went wrong, by day': 'Was schiefging, pro Tag',
  'Where customers drop off': 'Wo Kunden abbrechen',
  'The health of the system. Queues and overdue work are shown as of now; daily numbers follow the period.':
    'Der Zustand des Systems. Warteschlangen und überfällige Arbeit zeigen den jetzigen Stand; Tageszahlen folgen dem Zeitraum.',
  'Work': 'Arbeit',
  'Processing continues, but some jobs failed. See Failed jobs.':
    'Die Verarbeitung läuft weiter, aber einige Aufträge sind fehlgeschlagen. Siehe Fehlgeschlagene Aufträge.',
  'A recovery job is not running: {about}': 'Ein Wiederaufnahmeauftrag läuft nicht: {about}',
  'A queue or a job has stalled. Nothing is lost, but customers are waiting.':
    'Eine Warteschlange oder ein Auftrag stockt. Nichts geht verloren, aber Kunden warten.',
  '{channel}: from there to the customer': '{channel}: von dort zum Kunden',
  '{channel}: until the provider has it': '{channel}: bis der Anbieter sie hat',
  '{n}% accepted': '{n}\u00a0% angenommen',
  '{n} counters are wrong by the same amount as the time before: that is drift.':
    '{n} Zähler sind um denselben Betrag falsch wie beim vorigen Mal: Das ist eine dauerhafte Abweichung.',
  '{n} of {of} vouchers were redeemed, on orders worth {revenue}, for {cost}.':
    '{n} von {of} Gutscheinen wurden eingelöst, bei Bestellungen im Wert von {revenue}, für {cost}.',
  '{own}% reach this stage, compared with {others}% in your other campaigns.':
    '{own}\u00a0% erreichen diese Stufe, gegenüber {others}\u00a0% in Ihren anderen Kampagnen.',
  '“Delivered” is what the provider says; some never do. A put-off message is tried again.':
    '„Zugestellt“ meldet der Anbieter; manche tun es nie. Eine verschobene Nachricht wird erneut versucht.',
  'the sender is not verified': 'der Absender ist nicht bestätigt',
  'the account is still in test mode': 'das Konto ist noch im Testmodus',
  'the provider has paused the account': 'der Anbieter hat das Konto angehalten',
  'the account is suspended': 'das Konto ist gesperrt',
  'a permission is missing': 'eine Berechtigung fehlt',
  'the credentials were refused': 'die Zugangsdaten wurden abgelehnt',
  'a setting at the provider is missing': 'eine Einstellung beim Anbieter fehlt',
  'the push service is switched off': 'der Push-Dienst ist abgeschaltet',
  'no sender number or name': 'es gibt weder Absendernummer noch -namen',
  'an encryption key cannot be used': 'ein Schlüssel für die Verschlüsselung ist nicht nutzbar',
  'the monthly spending limit is reached': 'das monatliche Ausgabenlimit ist erreicht',
  'the daily quota is used up': 'das Tageskontingent ist aufgebraucht',
  'too many messages failed': 'zu viele Nachrichten sind fehlgeschlagen',
  'Sending by channel': 'Versand je Kanal',
  'Cause': 'Ursache',
  'Next try': 'Nächster Versuch',
  'While sending is stopped, messages wait: no customer loses one, and none is sent on another channel. It resumes by itself once a message gets through.':
    'Solange der Versand angehalten ist, warten die Nachrichten: Kein Kunde verliert seine, und keine geht über einen anderen Kanal. Er läuft von selbst weiter, sobald eine Nachricht durchkommt.',
  'stopped': 'angehalten',
  'sending': 'sendet',
  '{n} of {of}': '{n} von {of}',
  'Resume sending': 'Versand fortsetzen',
  'Sending has stopped: {about}': 'Der Versand ist angehalten: {about}',
  'Ask your system operator to fix the cause. Messages wait and are sent afterwards.':
    'Bitten Sie den Betreiber des Systems, die Ursache zu beheben. Die Nachrichten warten und werden danach gesendet.',
  'Sending pauses: {about}': 'Der Versand pausiert: {about}',
  'Nothing to do: it resumes by itself.': 'Es ist nichts zu tun: Er läuft von selbst weiter.',
  'Today, of the daily limit': 'Heute, vom Tageslimit',
  'Daily limit reached: {about}': 'Tageslimit erreicht: {about}',
  'Nothing to do: the other messages are sent from the next day on.':
    'Es ist nichts zu tun: Die übrigen Nachrichten werden ab dem nächsten Tag gesendet.',
}
