// Holds the German of the wizard and of the cost forecast.
import type { TranslationTable } from './i18n'

export const deWizard: TranslationTable = {
  'its own messages': 'eigene Nachrichten',
  'Add variant': 'Variante hinzufügen',
  'Variant {n}': 'Variante {n}',
  'Has its own offer': 'Hat ein eigenes Angebot',
  'Divides customers among several offers, so that the report shows which one earns most. Each customer keeps one variant.':
    'Teilt die Kunden auf mehrere Angebote auf, damit der Bericht zeigt, welches am meisten verdient. Jeder Kunde behält eine Variante.',
  'A frequency cap allows only one of the two.':
    'Ein Häufigkeitslimit erlaubt nur eine der beiden.',
  'A frequency cap may skip the second.': 'Ein Häufigkeitslimit lässt eventuell die zweite aus.',
  'Accept by': 'Annehmen bis',
  'After a cancelled order': 'Nach einer stornierten Bestellung',
  'at least': 'mindestens',
  'at most': 'höchstens',
  'Two offers apply to the same order only if each one names the other’s group.':
    'Zwei Angebote gelten nur dann für dieselbe Bestellung, wenn jedes die Gruppe des anderen nennt.',
  'Caps': 'Limits',
  'Change the audience, limits or priority if this is not intended.':
    'Ändern Sie Zielgruppe, Limits oder Priorität, falls das nicht gewollt ist.',
  'Combines with': 'Kombinierbar mit',
  'Customers in common': 'Gemeinsame Kunden',
  'Estimated discounts': 'Geschätzte Rabatte',
  'if each is redeemed in full': 'wenn jeder voll eingelöst wird',
  'Leave blank if it can’t be combined.': 'Leer lassen, wenn es nicht kombinierbar ist.',
  'Leave blank for the language you are editing.':
    'Leer lassen für die Sprache, die Sie bearbeiten.',
  'Estimated from a part of the customers.': 'Aus einem Teil der Kunden geschätzt.',
  'Combines with groups': 'Kombinierbar mit den Gruppen',
  'Based on your campaigns of the last 90 days.': 'Nach Ihren Kampagnen der letzten 90 Tage.',
  'is': 'ist',
  'is there': 'ist vorhanden',
  'Offer group': 'Angebotsgruppe',
  'Last active on {day}': 'Zuletzt aktiv am {day}',
  'last on {day}': 'zuletzt am {day}',
  'Audience overlap': 'Überschneidung der Zielgruppen',
  'Estimated message cost': 'Geschätzte Nachrichtenkosten',
  'No campaign has “{text}” in its name.': 'Keine Kampagne hat „{text}“ im Namen.',
  'no other voucher': 'kein anderer Gutschein',
  'No active campaign reaches these customers.': 'Keine aktive Kampagne erreicht diese Kunden.',
  'No campaign found so far has “{text}” in its name. Select “Next” to search further.':
    'Bisher wurde keine Kampagne mit „{text}“ im Namen gefunden. Wählen Sie „Weiter“, um weiterzusuchen.',
  'Collecting data (first 24 h)': 'Daten werden gesammelt (erste 24 Std.)',
  'There is no message in {asked}: customers get it in {locale}.':
    'Es gibt keine Nachricht auf {asked}: Kunden bekommen sie auf {locale}.',
  'now': 'jetzt',
  'Numbers are for the last 90 days. Audience: customers selected in that time. Campaigns on this page: {n}':
    'Die Zahlen gelten für die letzten 90 Tage. Zielgruppe: in dieser Zeit ausgewählte Kunden. Kampagnen auf dieser Seite: {n}',
  'One per line, or paste a list. Up to 1,000.':
    'Eine pro Zeile, oder fügen Sie eine Liste ein. Bis zu 1.000.',
  'Only if': 'Nur wenn',
  'Property': 'Eigenschaft',
  'Preview language': 'Sprache der Vorschau',
  'Estimated redemptions': 'Geschätzte Einlösungen',
  '{n} characters left in this segment': {
    one: 'noch {n} Zeichen in diesem Segment',
    other: 'noch {n} Zeichen in diesem Segment',
  },
  '{n} characters': { one: '{n} Zeichen', other: '{n} Zeichen' },
  '{n} SMS segments each': { one: 'je {n} SMS-Segment', other: 'je {n} SMS-Segmente' },
  'longest case: {n}': 'längster Fall: {n}',
  'Save the draft to replay past days and see how often it would have triggered.':
    'Speichern Sie den Entwurf, um vergangene Tage zu simulieren und zu sehen, wie oft er ausgelöst hätte.',
  'Save the draft to see which campaigns reach the same customers.':
    'Speichern Sie den Entwurf, um zu sehen, welche Kampagnen dieselben Kunden erreichen.',
  'Schedule': 'Zeitplan',
  'The other goes first.': 'Die andere geht vor.',
  'There is no message for {channel} in this language yet.':
    'Für {channel} gibt es in dieser Sprache noch keine Nachricht.',
  'They can get both.': 'Sie können beide bekommen.',
  'They are the same.': 'Sie sind gleich.',
  'This one goes first.': 'Diese geht vor.',
  'Too few vouchers were issued in the last 90 days for a forecast.':
    'In den letzten 90 Tagen wurden für eine Prognose zu wenige Gutscheine ausgestellt.',
  'Value': 'Wert',
  'Result': 'Ergebnis',
  'Cost forecast': 'Kostenprognose',
  'Your changes are not saved.': 'Ihre Änderungen sind nicht gespeichert.',
  'Whichever is due first goes first.': 'Die zuerst fällige geht vor.',
  '{share} are also eligible for “{name}”.': '{share} erfüllen auch die Bedingungen von „{name}“.',
  '{share} of {n} were redeemed': '{share} von {n} wurden eingelöst',
  'iOS link': 'iOS-Link',
  'Android link': 'Android-Link',
  'Add a block': 'Baustein hinzufügen',
  'Image address': 'Bildadresse',
  'An https address or an app link. Leave blank to let the app decide.':
    'Eine https-Adresse oder ein App-Link. Leer lassen, damit die App entscheidet.',
  'Block': 'Baustein',
  'Button': 'Schaltfläche',
  'Background colour': 'Hintergrundfarbe',
  'Dark': 'Dunkel',
  'Divider': 'Trennlinie',
  'Leave blank for light grey.': 'Leer lassen für Hellgrau.',
  'Leave blank for full width.': 'Leer lassen für die volle Breite.',
  'Leave blank for no link.': 'Ohne Angabe entfällt der Link.',
  'Leave blank for no button.': 'Ohne Angabe entfällt die Schaltfläche.',
  'Leave blank to show the logo on a white background.':
    'Leer lassen, um das Logo auf weißem Hintergrund zu zeigen.',
  'Leave blank to show the offer.': 'Leer lassen, um das Angebot zu zeigen.',
  'Leave blank for the voucher’s link.': 'Leer lassen für den Link des Gutscheins.',
  'Shown when the image is not. Many mail apps hide images at first.':
    'Erscheint, wenn das Bild fehlt. Viele Mailprogramme blenden Bilder zunächst aus.',
  'Heading': 'Überschrift',
  'Image': 'Bild',
  'Link': 'Link',
  'Card title': 'Titel der Karte',
  'Light': 'Hell',
  'Logo for dark mode': 'Logo für den dunklen Modus',
  'Blocks, in your brand’s design': 'Bausteine, im Design Ihrer Marke',
  'Move {block} down': '{block} nach unten',
  'Move {block} up': '{block} nach oben',
  'For buttons and links. Button text is white or black, whichever is easier to read.':
    'Für Schaltflächen und Links. Der Text auf Schaltflächen ist weiß oder schwarz, je nachdem, was besser lesbar ist.',
  'Paragraph': 'Absatz',
  'Plain text': 'Reiner Text',
  'Remove {block}': '{block} entfernen',
  'Card text': 'Text der Karte',
  'Body': 'Inhalt',
  'View': 'Ansicht',
  'Voucher card': 'Gutscheinkarte',
  'Alternative text': 'Alternativtext',
  'Width in pixels': 'Breite in Pixeln',
  'Heading text': 'Text der Überschrift',
  'Button label': 'Text der Schaltfläche',
  '{block} is now number {n}': '{block} ist jetzt Nummer {n}',
  'Exactly one of these is required.': 'Genau eines davon ist erforderlich.',
  'This isn’t allowed here.': 'Das ist hier nicht erlaubt.',
  'A tag may have no value. Give it a default.':
    'Ein Platzhalter hat eventuell keinen Wert. Geben Sie ihm einen Standardwert.',
  'This tag doesn’t exist.': 'Diesen Platzhalter gibt es nicht.',
  'After about an hour without an answer of the provider or a delivery report. The first message is never repeated, and the customer gets one voucher; a few customers may get two messages about it.':
    'Nach etwa einer Stunde ohne Antwort des Anbieters oder Zustellmeldung. Die erste Nachricht wird nie wiederholt, und der Kunde bekommt einen Gutschein; einige Kunden bekommen eventuell zwei Nachrichten dazu.',
  'If a message’s outcome stays unknown': 'Wenn der Verbleib einer Nachricht unbekannt bleibt',
  'stop': 'nichts weiter senden',
  'Try the next channel if a message’s outcome stays unknown':
    'Nächsten Kanal versuchen, wenn der Verbleib einer Nachricht unbekannt bleibt',
  'try the next channel': 'nächsten Kanal versuchen',
  'Choose a PNG, JPEG, GIF or WebP image.': 'Wählen Sie ein Bild in PNG, JPEG, GIF oder WebP.',
  'Or drop one here. PNG, JPEG, GIF or WebP, up to 2 MB.':
    'Oder legen Sie eines hier ab. PNG, JPEG, GIF oder WebP, bis 2 MB.',
  'SVG images are not shown by many mail apps. Save the image as PNG.':
    'Viele Mailprogramme zeigen keine SVG-Bilder. Speichern Sie das Bild als PNG.',
  'The field changed during the upload. Upload the image again.':
    'Das Feld wurde während des Hochladens geändert. Laden Sie das Bild erneut hoch.',
  'The file is damaged or incomplete. Save the image again.':
    'Die Datei ist beschädigt oder unvollständig. Speichern Sie das Bild erneut.',
  'The file is too large. The maximum is 2 MB.': 'Die Datei ist zu groß. Das Höchstmaß sind 2 MB.',
  'The image has too many pixels. Reduce it to 16 million pixels, and 8,192 on its longest side.':
    'Das Bild hat zu viele Pixel. Verkleinern Sie es auf 16 Millionen Pixel und 8.192 an der längsten Seite.',
  'This image can’t be loaded.': 'Dieses Bild lässt sich nicht laden.',
  'Upload image': 'Bild hochladen',
  'Uploaded.': 'Hochgeladen.',
  'Uploading…': 'Wird hochgeladen …',
}
