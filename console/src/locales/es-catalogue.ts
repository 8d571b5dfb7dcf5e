// Holds the Spanish of the catalogue.
import type { TranslationTable } from './i18n'

export const esCatalogue: TranslationTable = {
  'Add a merchant': 'Añadir un comercio',
  'Add a place': 'Añadir un lugar',
  'Add names': 'Añadir nombres',
  'As people know it.': 'Como lo conoce la gente.',
  'As your orders write it.': 'Como lo escriben tus pedidos.',
  'Catalogue': 'Catálogo',
  'Categories appear with your first orders. You can name them before that.':
    'Las categorías aparecen con tus primeros pedidos. Puedes ponerles nombre antes.',
  'Centre': 'Centro',
  'Cities': 'Ciudades',
  'Cities appear as soon as customers have a city. Import customers or let your app send them.':
    'Las ciudades aparecen en cuanto los clientes tienen una. Importa clientes o deja que tu app los envíe.',
  'City': 'Ciudad',
  'Customers with their consents, past orders, suppressions and your catalogue from other systems. Every file is checked first; nothing is imported until you start it.':
    'Clientes con sus consentimientos, pedidos anteriores, supresiones y tu catálogo desde otros sistemas. Cada archivo se comprueba primero; no se importa nada hasta que lo inicies.',
  'Delete': 'Eliminar',
  'Delete it now': 'Eliminar ahora',
  'Import a file of your merchants, let your app send them, or add one here. Merchants that your orders mention appear by themselves.':
    'Importa un archivo de tus comercios, deja que tu app los envíe o añade uno aquí. Los comercios que mencionan tus pedidos aparecen por sí solos.',
  'Most customers': 'Más clientes',
  'Most orders': 'Más pedidos',
  'Name of the place': 'Nombre del lugar',
  'Names by language': 'Nombres por idioma',
  'Names of {key}': 'Nombres de {key}',
  'No categories yet': 'Aún no hay categorías',
  'No cities yet': 'Aún no hay ciudades',
  'No merchant has this name.': 'Ningún comercio tiene este nombre.',
  'No merchants yet': 'Aún no hay comercios',
  'No verticals yet': 'Aún no hay verticales',
  'Nothing has this name.': 'Nada tiene este nombre.',
  'Opened last': 'Apertura más reciente',
  'Opened on': 'Abierto el',
  'Opening date': 'Fecha de apertura',
  'Search': 'Buscar',
  'The merchants, verticals and categories that campaigns are aimed by, with the names that people know. What is missing here follows from your orders.':
    'Los comercios, verticales y categorías a los que apuntan las campañas, con los nombres que conoce la gente. Lo que nadie ha indicado se deduce de tus pedidos.',
  'Verticals appear with your first orders. You can name them before that.':
    'Las verticales aparecen con tus primeros pedidos. Puedes ponerles nombre antes.',
  'known from orders only': 'conocido solo por pedidos',
}
