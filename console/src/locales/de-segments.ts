// Holds the German of saved segments, attributes and the conditions on the past.
import type { TranslationTable } from './i18n'

export const deSegments: TranslationTable = {
  'Segments': 'Segmente',
  'Saved audiences. Drafts use the newest version of a segment; a launched campaign keeps the version it was launched with.':
    'Gespeicherte Zielgruppen. Entwürfe nutzen die neueste Version eines Segments; eine gestartete Kampagne behält die Version, mit der sie gestartet wurde.',
  'New segment': 'Neues Segment',
  'No segments yet': 'Noch keine Segmente',
  'Save an audience once and use it in many campaigns.':
    'Speichern Sie eine Zielgruppe einmal und nutzen Sie sie in vielen Kampagnen.',
  'Used by': 'Verwendet von',
  'Version': 'Fassung',
  'Last changed': 'Zuletzt geändert',
  'Excluded everywhere': 'Überall ausgeschlossen',
  'version {n}': 'Version {n}',
  'segment {name}': 'Segment {name}',
  'Exclude these customers from every campaign': 'Diese Kunden von jeder Kampagne ausschließen',
  'For staff, test accounts and legal holds. Only administrators change this.':
    'Für Personal, Testkonten und rechtliche Sperren. Nur Administratoren ändern dies.',
  'Attributes': 'Attribute',
  'Facts about customers that your app sends with their profile, up to 40. An attribute that a campaign or a segment uses keeps its type.':
    'Angaben über Kunden, die Ihre App mit dem Profil sendet, bis zu 40. Ein Attribut, das eine Kampagne oder ein Segment nutzt, behält seinen Typ.',
  'Attribute {n}': 'Attribut {n}',
  'Add an attribute': 'Attribut hinzufügen',
  'yes or no': 'ja oder nein',
  'number': 'Zahl',
  'date': 'Datum',
  'text': 'ein Text',
  'several texts': 'mehrere Texte',
  'Type': 'Typ',
  'Voucher': 'Gutschein',
  'had one': 'hatte einen',
  'accepted one': 'hat einen angenommen',
  'redeemed one': 'hat einen eingelöst',
  'Campaign id (optional)': 'Kampagnen-Id (optional)',
  'Name of the sample': 'Name der Stichprobe',
  'The same name always selects the same customers.':
    'Derselbe Name wählt immer dieselben Kunden aus.',
  'Segment': 'Kundensegment',
  'Attribute': 'Kundenattribut',
  'No attributes are declared. Administrators declare them in the settings.':
    'Es sind keine Attribute angelegt. Administratoren legen sie in den Einstellungen an.',
  'first order': 'erste Bestellung',
  'days between orders': 'Tage zwischen Bestellungen',
  'vouchers so far': 'bisherige Gutscheine',
  'attribute': 'Attribut',
  'saved segment': 'gespeichertes Segment',
  'random sample': 'Zufallsstichprobe',
  'Only the last days (optional)': 'Nur die letzten Tage (optional)',
  '1 to 365, today included.': '1 bis 365, heute eingeschlossen.',
  'had a voucher': 'hatte einen Gutschein',
  'accepted a voucher': 'hat einen Gutschein angenommen',
  'redeemed a voucher': 'hat einen Gutschein eingelöst',
  'excluded from every campaign': 'von jeder Kampagne ausgeschlossen',
  'the last {n} days': { one: 'der letzte Tag', other: 'die letzten {n} Tage' },
  'Delete': 'Löschen',
  'are they excluded from every campaign': 'sind sie von jeder Kampagne ausgeschlossen',
  'This segment doesn’t exist. It may have been deleted.':
    'Dieses Segment gibt es nicht. Es wurde vielleicht gelöscht.',
  'The segment is in use, so it can’t be deleted.':
    'Das Segment wird verwendet und kann nicht gelöscht werden.',
  'A campaign or a segment uses this attribute, so its type can’t change.':
    'Eine Kampagne oder ein Segment nutzt dieses Attribut, darum kann sich sein Typ nicht ändern.',
}
