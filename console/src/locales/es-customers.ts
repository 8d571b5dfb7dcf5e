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
  'Each record gets its data, orders and vouchers back. An opt-out given since the merge applies to both.':
    'Cada registro recupera sus datos, pedidos y cupones. Una baja dada desde la fusión se aplica a ambos.',
  'emptied': 'vaciado',
  'Everyone the marketplace has reported, with orders, spend and reach.':
    'Todas las personas que el marketplace ha notificado, con pedidos, gasto y alcance.',
  'First name': 'Nombre de pila',
  'Has ordered in it': 'Ha pedido en ella',
  'Has this tag': 'Tiene esta etiqueta',
  'Home location': 'Ubicación del domicilio',
  'ID of the other record': 'ID del otro registro',
  'Id, e-mail, phone with country code, or the beginning of a name':
    'Id, correo, teléfono con prefijo de país o el comienzo de un nombre',
  'in the control group of {n}': 'en el grupo de control de {n}',
  'Last name': 'Apellido',
  'Last order': 'Último pedido',
  'Latest order first': 'Pedido más reciente primero',
  'Merge a record': 'Fusionar un registro',
  'Merge records': 'Fusionar registros',
  'Merge the other record of the same person into this one. Vouchers and orders of both belong to this customer, and the stricter consent applies. The other ID keeps working.':
    'Fusiona el otro registro de la misma persona con este. Los cupones y pedidos de ambos pertenecen a este cliente y se aplica el consentimiento más estricto. El otro ID sigue funcionando.',
  'Merged': 'Fusionado',
  'Merged records': 'Registros fusionados',
  'Merged records: {n}': 'Registros fusionados: {n}',
  'Names and contacts are masked for your role, and names are not searched. Support and marketers see them.':
    'Los nombres y contactos están ocultos para tu rol, y no se busca por nombre. Soporte y marketing los ven.',
  'Names and contacts are masked for your role.':
    'Los nombres y contactos están ocultos para tu rol.',
  'No addresses on record.': 'No hay direcciones registradas.',
  'No customer found': 'No se encontró ningún cliente',
  'No data is kept of this customer.': 'No se guardan datos de este cliente.',
  'No match among the {n} customers read so far. Go on to the next page.':
    'Ninguna coincidencia entre los {n} clientes leídos hasta ahora. Pase a la página siguiente.',
  'open': 'abierto',
  'Open the profile': 'Abrir el perfil',
  'order known': 'pedido conocido',
  'Other record': 'Otro registro',
  'Possible until {until}': 'Posible hasta {until}',
  'Reach': 'Alcance',
  'Result of the merge': 'Resultado de la fusión',
  'Show the result': 'Mostrar el resultado',
  'Signed up': 'Fecha de registro',
  'Sort order': 'Orden de la lista',
  'Spend': 'Gasto',
  'Spend by vertical': 'Gasto por vertical',
  'Tag': 'Etiqueta',
  'Tags': 'Etiquetas',
  'The marketplace has not reported this customer. Only records are known.':
    'El marketplace no ha notificado a este cliente. Solo se conocen sus registros.',
  'The records are merged. You can undo this for seven days.':
    'Los registros se han fusionado. Puede deshacerlo durante siete días.',
  'The records are separate again.': 'Los registros vuelven a estar separados.',
  'This customer was erased. Records stay until their time ends, without contacts.':
    'Los datos de este cliente se borraron. Los registros se conservan hasta que venza su plazo, sin contactos.',
  'This record': 'Este registro',
  'Undo merge': 'Deshacer la fusión',
  'Without a search': 'Sin búsqueda',
  '{matched} shown so far, {read} read': '{matched} mostrados hasta ahora, {read} leídos',
  '{n} in total': '{n} en total',
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
