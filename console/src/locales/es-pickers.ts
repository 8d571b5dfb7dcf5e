// Holds the Spanish of the pickers of values and places.
import type { TranslationTable } from './i18n'

export const esPickers: TranslationTable = {
  'No customer has ordered in {list}.': 'Ningún cliente ha pedido en {list}.',
  'No order names {list}.': 'Ningún pedido menciona {list}.',
  'No customer has the tag {list}.': 'Ningún cliente tiene la etiqueta {list}.',
  'No customer has the language {list}.': 'Ningún cliente tiene el idioma {list}.',
  'No customer is in {list}.': 'Ningún cliente está en {list}.',
  'Your app has never sent the event {list}.': 'Tu app nunca ha enviado el evento {list}.',
  'Your app has never sent the property {list}.': 'Tu app nunca ha enviado la propiedad {list}.',
  'Cities where your customers are. Type to search.':
    'Ciudades donde están tus clientes. Escribe para buscar.',
  'No customer is in a city with this name.': 'Ningún cliente está en una ciudad con este nombre.',
  'Advanced: coordinates': 'Avanzado: coordenadas',
  'Add places that are not in the list of cities.':
    'Añade lugares que no estén en la lista de ciudades.',
  'Coordinates': 'Coordenadas',
  'Type to search the verticals of your orders.':
    'Escribe para buscar las verticales de tus pedidos.',
  'No customer or order has “{value}”.': 'Ningún cliente ni pedido tiene “{value}”.',
  'Did you mean “{nearest}”?': '¿Querías decir “{nearest}”?',
  '{n} orders': { one: '{n} pedido', many: '{n} de pedidos', other: '{n} pedidos' },
}
