// Holds the German of the pickers of values and places.
import type { TranslationTable } from './i18n'

export const dePickers: TranslationTable = {
  'How recently the merchants opened (0 to 366 days).':
    'Vor wie vielen Tagen die Händler eröffnet haben (0 bis 366).',
  'Leave blank for the merchants that just opened (up to 50).':
    'Leer lassen für die Händler, die gerade eröffnet haben (höchstens 50).',
  'Choose the new merchants, and set the radius to their delivery area.':
    'Wählen Sie die neuen Händler und setzen Sie den Umkreis auf ihr Liefergebiet.',
  'Merchants opened within (days)': 'Händler eröffnet vor höchstens (Tage)',
  'location near merchants': 'Standort nahe Händlern',
  'Which merchants': 'Welche Händler',
  'New merchants': 'Neue Händler',
  'Chosen merchants': 'Ausgewählte Händler',
  'Type to search the merchants of your catalogue.':
    'Tippen Sie, um die Händler Ihres Katalogs zu suchen.',
  'within {km} km of a merchant that opened in the last {days}':
    'höchstens {km} km von einem Händler, der in den letzten {days} eröffnet hat',
  'No merchant of the catalogue fits this condition, so nobody is near one.':
    'Kein Händler des Katalogs passt zu dieser Bedingung, also ist niemand in der Nähe.',
  '{n} merchants': { one: '{n} Händler', other: '{n} Händler' },
  'No customer has ordered in {list}.': 'Kein Kunde hat in {list} bestellt.',
  'No order names {list}.': 'Keine Bestellung nennt {list}.',
  'No customer has the tag {list}.': 'Kein Kunde hat das Tag {list}.',
  'No customer has the language {list}.': 'Kein Kunde hat die Sprache {list}.',
  'No customer is in {list}.': 'Kein Kunde ist in {list}.',
  'Your app has never sent the event {list}.':
    'Ihre App hat das Ereignis {list} noch nie gesendet.',
  'Your app has never sent the property {list}.':
    'Ihre App hat die Eigenschaft {list} noch nie gesendet.',
  'Cities where your customers are. Type to search.':
    'Städte, in denen Ihre Kunden sind. Tippen Sie, um zu suchen.',
  'No customer is in a city with this name.': 'Kein Kunde ist in einer Stadt dieses Namens.',
  'Advanced: coordinates': 'Erweitert: Koordinaten',
  'Add places that are not in the list of cities.':
    'Fügen Sie Orte hinzu, die nicht in der Städteliste stehen.',
  'Coordinates': 'Koordinaten',
  'Type to search the verticals of your orders.':
    'Tippen Sie, um die Sparten Ihrer Bestellungen zu durchsuchen.',
  'No customer or order has “{value}”.': 'Kein Kunde und keine Bestellung hat „{value}“.',
  'Did you mean “{nearest}”?': 'Meinten Sie „{nearest}“?',
  '{n} orders': { one: '{n} Bestellung', other: '{n} Bestellungen' },
}
