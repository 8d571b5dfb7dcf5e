// Holds the German of the pickers of values and places.
import type { TranslationTable } from './i18n'

export const dePickers: TranslationTable = {
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
