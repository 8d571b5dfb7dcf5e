// Holds the German of goodwill, orders and carts.

export const deGoodwill: Record<string, string> = {
  'A cap of the campaign is reached.': 'Ein Limit der Kampagne ist erreicht.',
  'A marketer can create one.': 'Das Marketing kann eine erstellen.',
  'Add a line': 'Zeile hinzufügen',
  'Amount of the line': 'Betrag der Zeile',
  'Cart': 'Warenkorb',
  'Category': 'Kategorie',
  'Maximum cost of a voucher': 'Höchstkosten eines Gutscheins',
  'Delivery fee': 'Liefergebühr',
  'Discount reversed': 'Rabatt zurückgebucht',
  'Each voucher alone': 'Jeder Gutschein für sich',
  'Support chooses each customer, so there is no audience rule.':
    'Der Kundendienst wählt jeden Kunden aus, daher gibt es keine Zielgruppenregel.',
  'Extend': 'Verlängern',
  'extended a voucher': 'hat einen Gutschein verlängert',
  'Counts the vouchers of all operators.': 'Zählt die Gutscheine aller Benutzer.',
  'Full price': 'Vollpreis',
  'Goodwill': 'Kulanz',
  'Maximum goodwill vouchers in 30 days': 'Höchstzahl Kulanzgutscheine in 30 Tagen',
  'Goodwill: issued manually by support': 'Kulanz: vom Kundendienst manuell ausgestellt',
  'Issue a voucher': 'Gutschein ausstellen',
  'Reissue': 'Erneut ausstellen',
  'Issue goodwill vouchers, extend and reissue vouchers':
    'Kulanzgutscheine ausstellen, Gutscheine verlängern und erneut ausstellen',
  'issued a goodwill voucher': 'hat einen Kulanzgutschein ausgestellt',
  'reissued a voucher': 'hat einen Gutschein erneut ausgestellt',
  'Does not apply': 'Gilt nicht',
  'First order of this customer': 'Erste Bestellung dieses Kunden',
  'Last day': 'Letzter Tag',
  'Maximum validity (days from today)': 'Höchste Gültigkeit (Tage ab heute)',
  'Line {id}': 'Zeile {id}',
  'Lines': 'Zeilen',
  'Merchant': 'Händler',
  'No goodwill campaign is enabled. It is an autopilot with the trigger “Goodwill”.':
    'Keine Kulanzkampagne ist aktiv. Sie ist ein Autopilot mit dem Auslöser „Kulanz“.',
  'No orders on record.': 'Keine Bestellungen erfasst.',
  'No voucher applies to this cart.': 'Kein Gutschein gilt für diesen Warenkorb.',
  'There is no control group: every voucher that support issues goes to its customer.':
    'Es gibt keine Kontrollgruppe: Jeder Gutschein des Kundendienstes geht an seinen Kunden.',
  'Vouchers of this campaign can’t be issued manually.':
    'Gutscheine dieser Kampagne lassen sich nicht manuell ausstellen.',
  'Nothing triggers this autopilot. Once it is enabled, support issues its vouchers to one customer at a time on the customer’s page in Diagnostics. It has no send hour, delay or re-entry limit; each group’s limits are in Settings.':
    'Nichts löst diesen Autopiloten aus. Ist er aktiv, stellt der Kundendienst seine Gutscheine einzeln aus, auf der Seite des Kunden in der Diagnose. Er hat weder Sendezeit noch Verzögerung noch Wiedereintrittslimit; die Limits jeder Gruppe stehen in den Einstellungen.',
  'Nothing triggers this autopilot. Once it is enabled, support can issue its vouchers.':
    'Nichts löst diesen Autopiloten aus. Ist er aktiv, kann der Kundendienst seine Gutscheine ausstellen.',
  'In the customer’s time zone: {zone}.': 'In der Zeitzone des Kunden: {zone}.',
  'In the customer’s time zone: {zone}. Leave blank to use the campaign’s validity.':
    'In der Zeitzone des Kunden: {zone}. Leer lassen für die Gültigkeit der Kampagne.',
  'On this cart': 'Für diesen Warenkorb',
  'Order cancelled': 'Bestellung storniert',
  'Order id': 'Bestell-ID',
  'Order placed': 'Bestellung aufgegeben',
  'Placed': 'Aufgegeben',
  'Quantity': 'Menge',
  'Refunded': 'Erstattet',
  'issued manually by support': 'vom Kundendienst manuell ausgestellt',
  'The best together': 'Beste Kombination',
  'A checkout holds this voucher. Try again in an hour.':
    'Dieser Gutschein ist an einer Kasse reserviert. Versuchen Sie es in einer Stunde noch einmal.',
  'The customer can still redeem this voucher. Extend it instead.':
    'Der Kunde kann diesen Gutschein noch einlösen. Verlängern Sie ihn stattdessen.',
  'The customer gets a voucher of a goodwill campaign now, within the limits of your group.':
    'Der Kunde bekommt jetzt einen Gutschein einer Kulanzkampagne, innerhalb der Limits Ihrer Gruppe.',
  'The customer gets another voucher of the same campaign. This can be done once for each voucher.':
    'Der Kunde bekommt einen weiteren Gutschein derselben Kampagne. Das geht einmal pro Gutschein.',
  'The customer pays in another currency: it would never apply.':
    'Der Kunde zahlt in einer anderen Währung: Der Gutschein würde nie gelten.',
  'The customer doesn’t have this voucher.': 'Der Kunde hat diesen Gutschein nicht.',
  'The highest discount of its offer. Leave blank for no limit.':
    'Der höchste Rabatt des Angebots. Ohne Angabe gilt kein Limit.',
  'The voucher is already valid until {until}.': 'Der Gutschein ist schon bis {until} gültig.',
  'The voucher can be accepted and, once accepted, used until the end of that day. No message is sent.':
    'Der Gutschein kann bis zum Ende dieses Tages angenommen und danach eingelöst werden. Es wird keine Nachricht gesendet.',
  'Voucher issued. No message is sent; it is in the customer’s wallet.':
    'Gutschein ausgestellt. Es wird keine Nachricht gesendet; er liegt im Gutscheinkonto des Kunden.',
  'Voucher issued. The customer is notified by {channel}.':
    'Gutschein ausgestellt. Der Kunde wird per {channel} benachrichtigt.',
  'The voucher is already valid that long.': 'Der Gutschein ist schon so lange gültig.',
  'The voucher is now valid until {until}.': 'Der Gutschein ist jetzt bis {until} gültig.',
  'The voucher would expire immediately.': 'Der Gutschein würde sofort ablaufen.',
  'The vouchers of this campaign are revoked.': 'Die Gutscheine dieser Kampagne sind widerrufen.',
  'This customer has too many vouchers to try every combination. A better one may exist.':
    'Dieser Kunde hat zu viele Gutscheine, um jede Kombination zu prüfen. Eventuell gibt es eine bessere.',
  'This customer has no open vouchers.': 'Dieser Kunde hat keine offenen Gutscheine.',
  'This campaign issues no vouchers now.': 'Diese Kampagne stellt derzeit keine Gutscheine aus.',
  'This is above your group’s limit.': 'Das liegt über dem Limit Ihrer Gruppe.',
  'This voucher has expired. Reissue it instead.':
    'Dieser Gutschein ist abgelaufen. Stellen Sie ihn stattdessen erneut aus.',
  'This voucher is redeemed.': 'Dieser Gutschein ist eingelöst.',
  'This voucher was already issued. Nothing is issued twice.':
    'Dieser Gutschein war schon ausgestellt. Nichts wird doppelt ausgestellt.',
  'Total to pay': 'Zu zahlender Betrag',
  'Try a cart': 'Warenkorb testen',
  'Try it': 'Testen',
  'Maximum vouchers per day': 'Höchstzahl Gutscheine pro Tag',
  'Limits on vouchers that operators issue manually, reissue or extend for one customer. They apply to each operator of the group; administrators have no limits.':
    'Limits für Gutscheine, die Benutzer für einen Kunden manuell ausstellen, erneut ausstellen oder verlängern. Sie gelten für jeden Benutzer der Gruppe; Administratoren haben keine Limits.',
  'Limits for marketers': 'Limits für das Marketing',
  'Limits per customer': 'Limits pro Kunde',
  'Limits for support': 'Limits für den Kundendienst',
  'Shows the discount their vouchers would give at checkout now. Nothing is held or redeemed.':
    'Zeigt den Rabatt, den die Gutscheine jetzt an der Kasse gäben. Nichts wird reserviert oder eingelöst.',
  '{amount} more needed': 'es fehlen {amount}',
  'Applies when a voucher is extended or issued with its own last day.':
    'Gilt, wenn ein Gutschein verlängert oder mit eigenem letzten Tag ausgestellt wird.',
}
