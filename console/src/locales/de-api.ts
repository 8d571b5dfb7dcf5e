// Holds the German of what the API says.

export const deApi: Record<string, string> = {
  'A timer has stalled: {about}': 'Ein Zeitgeber stockt: {about}',
  'another channel: sent next, at the channel’s rate':
    'anderer Kanal: wird als Nächstes gesendet, im Takt des Kanals',
  'A good starting point is twice your typical gap between orders.':
    'Ein guter Ausgangswert ist das Doppelte des üblichen Abstands zwischen Bestellungen.',
  'A character outside the standard alphabet limits each SMS to 70 characters instead of 160.':
    'Ein Zeichen außerhalb des Standardalphabets begrenzt jede SMS auf 70 statt 160 Zeichen.',
  'being processed': 'in Verarbeitung',
  'All amounts must have the same currency.': 'Alle Beträge müssen dieselbe Währung haben.',
  'Ask your system operator to check the timer, the autopilot queue with its failed jobs, and the log of scan-autopilot.':
    'Bitten Sie die Systembetreuung, den Zeitgeber, die Autopilot-Warteschlange mit ihren fehlgeschlagenen Aufträgen und das Protokoll von scan-autopilot zu prüfen.',
  'Ask your system operator to check the expansion queue with its failed jobs, and the log of expand-audience.':
    'Bitten Sie die Systembetreuung, die Expansions-Warteschlange mit ihren fehlgeschlagenen Aufträgen und das Protokoll von expand-audience zu prüfen.',
  'Ask your system operator to check the log and the errors of aggregate-reports.':
    'Bitten Sie die Systembetreuung, das Protokoll und die Fehler von aggregate-reports zu prüfen.',
  'Ask your system operator to check the rule that starts it, its queue with the failed jobs, and its log.':
    'Bitten Sie die Systembetreuung, die startende Regel, die Warteschlange mit den fehlgeschlagenen Aufträgen und das Protokoll zu prüfen.',
  'Limits are not applied. Compare them with the vouchers and the exposure.':
    'Limits werden nicht angewendet. Vergleichen Sie sie mit den Gutscheinen und dem Kostenrisiko.',
  'Report counters differ from the vouchers':
    'Die Zähler der Berichte weichen von den Gutscheinen ab',
  'Days before the birthday to send (0 to 60).':
    'Tage vor dem Geburtstag, an denen gesendet wird (0 bis 60).',
  'Minimum days between two vouchers for the same customer (1 to 1,095).':
    'Mindestabstand in Tagen zwischen zwei Gutscheinen für denselben Kunden (1 bis 1.095).',
  'Send after this many days without an order (1 to 1,095).':
    'Nach so vielen Tagen ohne Bestellung senden (1 bis 1.095).',
  'Find out where these addresses come from, then resume it. Only new messages count from then on.':
    'Finden Sie heraus, woher diese Adressen stammen, und setzen Sie die Kampagne dann fort. Ab da zählen nur neue Nachrichten.',
  'handed to its channel; if the job is lost, retried at this time':
    'an den Kanal übergeben; geht der Auftrag verloren, neuer Versuch zu dieser Zeit',
  'Customers within this distance are included (up to 20,000 km).':
    'Kunden innerhalb dieser Entfernung gehören dazu (bis 20.000 km).',
  'The replay starts as if the autopilot was enabled on the first day, without its earlier vouchers.':
    'Die Simulation beginnt, als wäre der Autopilot am ersten Tag aktiviert worden, ohne seine früheren Gutscheine.',
  'It is so large that common mail programs cut it off.':
    'Sie ist so groß, dass verbreitete Mailprogramme sie abschneiden.',
  'its campaign is over: nothing is sent, and it is closed at this time':
    'die Kampagne ist beendet: Es wird nichts gesendet, und zu dieser Zeit wird abgeschlossen',
  'its campaign is over: nothing is sent, and it is closed shortly':
    'die Kampagne ist beendet: Es wird nichts gesendet, und in Kürze wird abgeschlossen',
  'its campaign is paused': 'die Kampagne ist pausiert',
  'Its footer has no postal address, which several countries ask for: set it in the brand.':
    'In der Fußzeile fehlt die Postanschrift, die mehrere Länder verlangen: Tragen Sie sie unter „Marke“ ein.',
  'scheduled for this time (quiet hours, send hour or delay)':
    'für diese Zeit geplant (Ruhezeiten, Sendezeit oder Verzögerung)',
  'processing was interrupted: retried at this time':
    'die Verarbeitung wurde unterbrochen: neuer Versuch zu dieser Zeit',
  'Check its audience in a clone: the sample shows which condition matches nobody.':
    'Prüfen Sie die Zielgruppe in einem Duplikat: Die Stichprobe zeigt, welche Bedingung niemand erfüllt.',
  'Look at the differences below the recount of system health, then repair the counters.':
    'Sehen Sie sich die Abweichungen unter der Nachzählung im Systemzustand an und korrigieren Sie dann die Zähler.',
  'Check the provider’s status and your account limits, then resume it.':
    'Prüfen Sie den Status des Anbieters und die Limits Ihres Kontos und setzen Sie die Kampagne dann fort.',
  'Check whom it messages and how often, then resume it. Only new messages count from then on.':
    'Prüfen Sie, wem sie wie oft schreibt, und setzen Sie sie dann fort. Ab da zählen nur neue Nachrichten.',
  'checked at this time': 'wird zu dieser Zeit geprüft',
  'More than one SMS is billed for each customer.': 'Pro Kunde wird mehr als eine SMS berechnet.',
  'No event with this name was ever received. Until one is, this autopilot triggers for nobody.':
    'Ein Ereignis mit diesem Namen ist noch nie eingegangen. Bis dahin löst dieser Autopilot für niemanden aus.',
  'Nothing is written in this language.': 'In dieser Sprache ist nichts geschrieben.',
  'One in ten customers is in the control group and gets nothing, so that the effect can be measured.':
    'Jeder zehnte Kunde ist in der Kontrollgruppe und bekommt nichts, damit die Wirkung messbar ist.',
  'Orders are assumed to have been reported when they were placed.':
    'Es wird angenommen, dass Bestellungen gemeldet wurden, als sie aufgegeben wurden.',
  'Orders count as of now: orders cancelled since are left out, and refunds are deducted.':
    'Bestellungen zählen nach heutigem Stand: Seither stornierte fehlen, Erstattungen sind abgezogen.',
  'planned within a minute': 'wird innerhalb einer Minute geplant',
  'Profiles, consents, suppressions and addresses are as of now.':
    'Profile, Einwilligungen, Sperren und Adressen haben den heutigen Stand.',
  'postponed: retried at this time': 'verschoben: neuer Versuch zu dieser Zeit',
  'Raise the caps, or end the campaign.': 'Erhöhen Sie die Limits oder beenden Sie die Kampagne.',
  'sent next, at the channel’s rate': 'wird als Nächstes gesendet, im Takt des Kanals',
  'Replay it. If the replay matches, check whether orders and events still arrive; if not, its rule is too narrow.':
    'Simulieren Sie sie. Findet die Simulation Treffer, prüfen Sie, ob noch Bestellungen und Ereignisse eingehen; wenn nicht, ist die Regel zu eng.',
  'Replay it, and compare its rule and what comes in with the weeks before.':
    'Simulieren Sie sie und vergleichen Sie Regel und eingehende Daten mit den Wochen davor.',
  'Resume it. Waiting messages are sent unless their deadline has passed.':
    'Setzen Sie sie fort. Wartende Nachrichten werden gesendet, sofern ihre Frist nicht abgelaufen ist.',
  'Edit the messages, and add your customers’ languages.':
    'Bearbeiten Sie die Nachrichten und ergänzen Sie die Sprachen Ihrer Kunden.',
  'See the reasons in the delivery report; pause it until the provider answers.':
    'Sehen Sie die Gründe im Zustellbericht nach; pausieren Sie sie, bis der Anbieter antwortet.',
  'See the skip reasons in its diagnostics, and compare its channels with these customers’ consents.':
    'Sehen Sie die Gründe in der Diagnose nach und vergleichen Sie die Kanäle mit den Einwilligungen dieser Kunden.',
  'Check which customers match in its list of vouchers, and pause it if this is not intended.':
    'Prüfen Sie in der Gutscheinliste, welche Kunden zutreffen, und pausieren Sie sie, falls das nicht gewollt ist.',
  'Keep the validity short to get first orders in the first days.':
    'Eine kurze Gültigkeit bringt Erstbestellungen in den ersten Tagen.',
  'Minimum number of orders.': 'Mindestzahl an Bestellungen.',
  'Minimum total spend.': 'Mindestausgaben insgesamt.',
  'The amounts are placeholders. Set the benefit and minimum basket to match your margins.':
    'Die Beträge sind Beispiele. Passen Sie Vorteil und Mindestbestellwert an Ihre Margen an.',
  'retry after a throttled or unanswered attempt':
    'neuer Versuch nach Drosselung oder ohne Antwort',
  'fallback after a failed channel: sent next, at the channel’s rate':
    'Ausweichkanal nach einem Fehler: wird als Nächstes gesendet, im Takt des Kanals',
  'Days are in each customer’s current time zone. Only full days are included.':
    'Tage gelten in der heutigen Zeitzone jedes Kunden. Nur volle Tage zählen.',
  'There are no words for an offer in this language: it is named in English.':
    'Für diese Sprache gibt es keine Angebotstexte: Das Angebot erscheint auf Englisch.',
  'It names the last day to redeem, and the offer has to be accepted before: use accept_by.':
    'Genannt wird der letzte Einlösetag, das Angebot muss aber vorher angenommen werden: Verwenden Sie accept_by.',
  'The draft is incomplete, so parts of the preview are examples.':
    'Der Entwurf ist unvollständig, daher sind Teile der Vorschau Beispiele.',
  'The end is before the start.': 'Das Ende liegt vor dem Beginn.',
  'The groups are nested too deep.': 'Die Gruppen sind zu tief verschachtelt.',
  'The send hour, in the customer’s time zone.': 'Die Sendezeit in der Zeitzone des Kunden.',
  'fallback after a bounce: sent next, at the channel’s rate':
    'Ausweichkanal, weil unzustellbar: wird als Nächstes gesendet, im Takt des Kanals',
  'the provider did not answer: retried at this time, unless a delivery event arrives':
    'der Anbieter hat nicht geantwortet: neuer Versuch zu dieser Zeit, sofern keine Zustellmeldung eingeht',
  'the provider did not answer: an SMS is never repeated; the next channel follows at this time if the campaign uses one':
    'der Anbieter hat nicht geantwortet: Eine SMS wird nie wiederholt; zu dieser Zeit folgt der nächste Kanal, falls die Kampagne einen hat',
  'the provider did not answer: not repeated again; the next channel follows at this time if the campaign uses one':
    'der Anbieter hat nicht geantwortet: keine Wiederholung mehr; zu dieser Zeit folgt der nächste Kanal, falls die Kampagne einen hat',
  'Reports are delayed': 'Die Berichte sind verspätet',
  'The vertical that launches. The offer applies only there.':
    'Die Sparte, die startet. Das Angebot gilt nur dort.',
  'The vertical they already order from.': 'Die Sparte, in der sie schon bestellen.',
  'The vertical they should try. The offer applies only there.':
    'Die Sparte, die sie ausprobieren sollen. Das Angebot gilt nur dort.',
  'There are too many conditions.': 'Es sind zu viele Bedingungen.',
  'There are too many.': 'Es sind zu viele.',
  'There is no limit yet. Preview the audience, then set a budget.':
    'Noch gibt es kein Limit. Sehen Sie sich die Zielgruppe an und legen Sie dann ein Budget fest.',
  'There is no message for this channel in the default language.':
    'Für diesen Kanal gibt es keine Nachricht in der Standardsprache.',
  'This is empty.': 'Hier ist nichts eingetragen.',
  'These two can’t be combined.': 'Diese beiden lassen sich nicht kombinieren.',
  'This currency doesn’t match.': 'Die Währung stimmt nicht überein.',
  'This doesn’t apply to this trigger.': 'Das passt nicht zu diesem Auslöser.',
  'This field does not exist.': 'Dieses Feld gibt es nicht.',
  'This can’t change after launch. Clone the campaign to change it.':
    'Nach dem Start nicht mehr änderbar. Duplizieren Sie die Kampagne, um es zu ändern.',
  'This is already in the list.': 'Steht schon in der Liste.',
  'This is in the future.': 'Liegt in der Zukunft.',
  'This is in the past.': 'Liegt in der Vergangenheit.',
  'Required.': 'Pflichtfeld.',
  'This doesn’t apply to autopilots.': 'Gilt nicht für Autopiloten.',
  'This is not valid.': 'Das ist nicht gültig.',
  'This has the wrong type.': 'Der Typ ist falsch.',
  'This is outside the allowed range.': 'Liegt außerhalb des erlaubten Bereichs.',
  'This is too large.': 'Das ist zu groß.',
  'This is too long.': 'Das ist zu lang.',
  'This value doesn’t exist.': 'Diesen Wert gibt es nicht.',
  'Customers are assumed not to exist before their sign-up date, unless they have an older order.':
    'Es wird angenommen, dass es Kunden vor ihrer Registrierung nicht gab, außer sie haben eine ältere Bestellung.',
  'Raise the thresholds until only a few percent of customers match.':
    'Erhöhen Sie die Schwellen, bis nur wenige Prozent der Kunden zutreffen.',
  'With long names or amounts it takes more SMS than shown.':
    'Mit langen Namen oder Beträgen werden es mehr SMS als angezeigt.',
  'Use the names of the verticals as your orders have them.':
    'Verwenden Sie die Namen der Sparten wie in Ihren Bestellungen.',
}
