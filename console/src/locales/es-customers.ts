// Holds the Spanish of the pages of customers and of the lists of campaigns.

import type { TranslationTable } from './i18n'

export const esCustomers: TranslationTable = {
  'Addresses': 'Direcciones',
  'All customers': 'Todos los clientes',
  'All customers, in no order': 'Todos los clientes, sin orden',
  'Ask why': 'Preguntar por qué',
  'Carts': 'Carritos',
  'Changes so far': 'Cambios hasta ahora',
  'Check the spelling, remove a filter, or list all customers.':
    'Revisa la ortografía, quita un filtro o muestra todos los clientes.',
  'Data': 'Datos',
  'Dates': 'Fechas',
  'emptied': 'vaciado',
  'Everyone the marketplace has reported, with orders, spend and reach.':
    'Todas las personas que el marketplace ha notificado, con pedidos, gasto y alcance.',
  'First name': 'Nombre de pila',
  'Has ordered in it': 'Ha pedido en ella',
  'Has this tag': 'Tiene esta etiqueta',
  'Home location': 'Ubicación del domicilio',
  'Id, e-mail, phone with country code, or the beginning of a name':
    'Id, correo, teléfono con prefijo de país o el comienzo de un nombre',
  'in the control group of {n}': 'en el grupo de control de {n}',
  'Last name': 'Apellido',
  'Last order': 'Último pedido',
  'Latest order first': 'Pedido más reciente primero',
  'Names and contacts are masked for your role, and names are not searched. Support and marketers see them.':
    'Los nombres y contactos están ocultos para tu rol, y no se busca por nombre. Soporte y marketing los ven.',
  'Names and contacts are masked for your role.':
    'Los nombres y contactos están ocultos para tu rol.',
  'No addresses on record.': 'No hay direcciones registradas.',
  'No customer found': 'No se encontró ningún cliente',
  'No data is kept of this customer.': 'No se guardan datos de este cliente.',
  'No match among the {n} customers read for this page. Go on to the next page.':
    'Ninguna coincidencia entre los {n} clientes leídos para esta página. Continúa en la página siguiente.',
  'open': 'abierto',
  'Open the profile': 'Abrir el perfil',
  'order known': 'pedido conocido',
  'Reach': 'Alcance',
  'Signed up': 'Fecha de registro',
  'Sort order': 'Orden de la lista',
  'Spend': 'Gasto',
  'Spend by vertical': 'Gasto por vertical',
  'Tag': 'Etiqueta',
  'Tags': 'Etiquetas',
  'The marketplace has not reported this customer. Only records are known.':
    'El marketplace no ha notificado a este cliente. Solo se conocen sus registros.',
  'This customer was erased. Records stay until their time ends, without contacts.':
    'Los datos de este cliente se borraron. Los registros se conservan hasta que venza su plazo, sin contactos.',
  'Without a search': 'Sin búsqueda',
  '{open} open, {redeemed} redeemed': '{open} abiertos, {redeemed} canjeados',
  'Audience on this page': 'Audiencia en esta página',
  'Cost on this page': 'Costo en esta página',
  'Created by': 'Creada por',
  'Everyone': 'Todo el equipo',
  'Live: not over, no drafts': 'Activas: ni terminadas ni borradores',
  'Me': 'Yo',
  'Revenue on this page': 'Ingresos en esta página',
  'Sort by': 'Ordenar por',
  'Start': 'Inicio',
}
