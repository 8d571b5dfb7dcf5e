// Holds the German of the catalogue.
import type { TranslationTable } from './i18n'

export const deCatalogue: TranslationTable = {
  'Add a merchant': 'Händler hinzufügen',
  'Add a place': 'Ort hinzufügen',
  'Add names': 'Namen hinzufügen',
  'As people know it.': 'Wie man ihn kennt.',
  'As your orders write it.': 'Wie Ihre Bestellungen ihn schreiben.',
  'Catalogue': 'Katalog',
  'Categories appear with your first orders. You can name them before that.':
    'Kategorien erscheinen mit Ihren ersten Bestellungen. Sie können sie schon vorher benennen.',
  'Centre': 'Mitte',
  'Cities': 'Städte',
  'Cities appear as soon as customers have a city. Import customers or let your app send them.':
    'Städte erscheinen, sobald Kunden eine Stadt haben. Importieren Sie Kunden oder lassen Sie Ihre App sie senden.',
  'City': 'Stadt',
  'Customers with their consents, past orders, suppressions and your catalogue from other systems. Every file is checked first; nothing is imported until you start it.':
    'Kunden mit ihren Einwilligungen, frühere Bestellungen, Sperren und Ihr Katalog aus anderen Systemen. Jede Datei wird zuerst geprüft; importiert wird erst, wenn Sie starten.',
  'Delete': 'Löschen',
  'Delete it now': 'Jetzt löschen',
  'Import a file of your merchants, let your app send them, or add one here. Merchants that your orders mention appear by themselves.':
    'Importieren Sie eine Datei Ihrer Händler, lassen Sie Ihre App sie senden oder fügen Sie hier einen hinzu. Händler, die Ihre Bestellungen nennen, erscheinen von selbst.',
  'Most customers': 'Meiste Kunden',
  'Most orders': 'Meiste Bestellungen',
  'Name of the place': 'Name des Ortes',
  'Names by language': 'Namen nach Sprache',
  'Names of {key}': 'Namen von {key}',
  'No categories yet': 'Noch keine Kategorien',
  'No cities yet': 'Noch keine Städte',
  'No merchant has this name.': 'Kein Händler hat diesen Namen.',
  'No merchants yet': 'Noch keine Händler',
  'No verticals yet': 'Noch keine Sparten',
  'Nothing has this name.': 'Nichts hat diesen Namen.',
  'Opened last': 'Zuletzt eröffnet',
  'Opened on': 'Eröffnet am',
  'Opening date': 'Eröffnungstag',
  'Search': 'Suchen',
  'The merchants, verticals and categories that campaigns are aimed by, with the names that people know. What is missing here follows from your orders.':
    'Die Händler, Sparten und Kategorien, auf die Kampagnen zielen, mit den Namen, die man kennt. Was niemand angegeben hat, folgt aus Ihren Bestellungen.',
  'Verticals appear with your first orders. You can name them before that.':
    'Sparten erscheinen mit Ihren ersten Bestellungen. Sie können sie schon vorher benennen.',
  'known from orders only': 'nur aus Bestellungen bekannt',
}
