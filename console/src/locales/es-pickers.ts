// Holds the Spanish of the pickers of values and places.
import type { TranslationTable } from './i18n'

export const esPickers: TranslationTable = {
  'How recently the merchants opened (0 to 366 days).':
    'Hace cuánto abrieron los comercios (0 a 366 días).',
  'Leave blank for the merchants that just opened (up to 50).':
    'Déjalo en blanco para los comercios que acaban de abrir (hasta 50).',
  'Choose the new merchants, and set the radius to their delivery area.':
    'Elige los comercios nuevos y ajusta el radio a su zona de reparto.',
  'Merchants opened within (days)': 'Comercios abiertos hace como máximo (días)',
  'location near merchants': 'ubicación cerca de comercios',
  'Which merchants': 'Qué comercios',
  'New merchants': 'Comercios nuevos',
  'Chosen merchants': 'Comercios elegidos',
  'Type to search the merchants of your catalogue.':
    'Escribe para buscar los comercios de tu catálogo.',
  'within {km} km of a merchant that opened in the last {days}':
    'a {km} km o menos de un comercio que abrió en los últimos {days}',
  'No merchant of the catalogue fits this condition, so nobody is near one.':
    'Ningún comercio del catálogo cumple esta condición, así que nadie está cerca de uno.',
  '{n} merchants': { one: '{n} comercio', many: '{n} de comercios', other: '{n} comercios' },
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
