// Holds the Spanish of the palette, the notifications, the pre-flight of a launch, the reminder's messages and help.

import type { TranslationTable } from './i18n'

export const esPalette: TranslationTable = {
  'next send {when}': 'próximo envío {when}',
  'Saved by {name} {when}. This differs from what you have here:':
    'Guardado por {name} {when}. Esto difiere de lo que tienes aquí:',
  'A new draft is limited to {n} vouchers. Change that under “Schedule & limits”.':
    'Un borrador nuevo está limitado a {n} cupones. Cámbialo en “Calendario y límites”.',
  'Save the draft': 'Guardar el borrador',
  'Changes are saved first.': 'Los cambios se guardan antes.',
  'Customers lose vouchers for up to {amount}.': 'Los clientes pierden cupones por hasta {amount}.',
  'All campaigns': 'Todas las campañas',
  'One test sends at most {n} messages.': 'Una prueba envía como máximo {n} mensajes.',
  'Ask why: {customer}': 'Preguntar por qué: {customer}',
  'A customer id. Leave blank for an example customer.':
    'Un id de cliente. Déjalo en blanco para un cliente de ejemplo.',
  'A promotion selects its customers once, when it starts.':
    'Una promoción selecciona a sus clientes una sola vez, cuando empieza.',
  'At {hour}:00 of each customer’s day.': 'A las {hour}:00 del día de cada cliente.',
  'Check before you launch': 'Revisa antes de lanzar',
  'Checked every minute while the console is open.':
    'Se comprueba cada minuto mientras la consola está abierta.',
  'Desktop': 'Escritorio',
  'Each time its trigger applies to a customer.':
    'Cada vez que su activador se aplica a un cliente.',
  'First messages': 'Primeros mensajes',
  'From {time} ({zone}).': 'A partir de {time} ({zone}).',
  'Import a file': 'Importar un archivo',
  'Import failed': 'La importación falló',
  'Import is checked': 'La importación está revisada',
  'Import is done': 'La importación terminó',
  'It reaches nobody now': 'Ahora no llega a nadie',
  'Launch it although it reaches nobody': 'Lanzarla aunque no llegue a nadie',
  'Loading …': 'Cargando …',
  'Look at what the check found, then start it.': 'Mira qué encontró la revisión y luego iníciala.',
  'Messages of the reminder': 'Mensajes del recordatorio',
  'More than {n} events wait to be sent again.': 'Más de {n} eventos esperan un nuevo envío.',
  'Neither vouchers nor exposure have a limit.': 'Ni los cupones ni la exposición tienen límite.',
  'Next send: {time} ({zone}).': 'Próximo envío: {time} ({zone}).',
  'Not sure?': '¿Tienes dudas?',
  'Not translated yet: {language}': 'Sin traducir todavía: {language}',
  'Nothing found. Try a part of the name, or a whole e-mail address.':
    'No se encontró nada. Prueba con una parte del nombre o con el correo completo.',
  'Notifications': 'Notificaciones',
  'Page, campaign, customer or action': 'Página, campaña, cliente o acción',
  'Preview as customer': 'Vista previa como cliente',
  'Preview of the reminder': 'Vista previa del recordatorio',
  'Search everywhere': 'Buscar en todas partes',
  'Searching …': 'Buscando …',
  'See the cause, and upload the file again.': 'Mira la causa y vuelve a subir el archivo.',
  'See what was imported and what was refused.': 'Mira qué se importó y qué se rechazó.',
  'See who is waiting': 'Ver quién espera',
  'Send yourself a test first': 'Envíate antes una prueba',
  'Sending is paused': 'El envío está pausado',
  'Sending waits': 'El envío espera',
  'Sending waits for quiet hours': 'El envío espera por las horas de silencio',
  'Start from a playbook': 'Empezar con una plantilla',
  'Switch between light and dark': 'Cambiar entre claro y oscuro',
  'The messages have no warnings.': 'Los mensajes no tienen avisos.',
  'There is no customer with this id.': 'No hay ningún cliente con este id.',
  'There is nothing new. Campaigns that pause, fail or wait for you appear here.':
    'No hay nada nuevo. Aquí aparecen las campañas que se pausan, fallan o te esperan.',
  'Webhook endpoint refuses events': 'El destino del webhook rechaza eventos',
  'Width': 'Ancho',
  'Within a minute.': 'En menos de un minuto.',
  'Without them, it repeats the messages above word for word.':
    'Sin ellos, repite los mensajes de arriba palabra por palabra.',
  'Write the reminder its own messages': 'Escribir mensajes propios para el recordatorio',
  '{channel}: quiet hours from {from} to {to} in each customer’s time zone.':
    '{channel}: horas de silencio de {from} a {to} en la zona horaria de cada cliente.',
  '{channel}: quiet hours until {time} in {zone}. Messages wait until then.':
    '{channel}: horas de silencio hasta las {time} en {zone}. Los mensajes esperan hasta entonces.',
  '{n} customers are waiting.': {
    one: '{n} cliente espera.',
    many: '{n} de clientes esperan.',
    other: '{n} clientes esperan.',
  },
  'Too few customers to measure': 'Muy pocos clientes para medir',
  'The smallest group gets about {n} customers. Reports need at least 100 in each group.': {
    one: 'El grupo menor recibe a cerca de {n} cliente. Los informes necesitan al menos 100 en cada grupo.',
    many: 'El grupo menor recibe a cerca de {n} de clientes. Los informes necesitan al menos 100 en cada grupo.',
    other:
      'El grupo menor recibe a cerca de {n} clientes. Los informes necesitan al menos 100 en cada grupo.',
  },
  '{n} customers match, and none of them can be reached on its channels.': {
    one: '{n} cliente coincide y no se le puede contactar por sus canales.',
    many: '{n} de clientes coinciden y a ninguno se le puede contactar por sus canales.',
    other: '{n} clientes coinciden y a ninguno se le puede contactar por sus canales.',
  },
  '{n} events wait to be sent again.': {
    one: '{n} evento espera un nuevo envío.',
    many: '{n} de eventos esperan un nuevo envío.',
    other: '{n} eventos esperan un nuevo envío.',
  },
  '{n} messages as customers get them': {
    one: '{n} mensaje tal como lo reciben los clientes',
    many: '{n} de mensajes tal como los reciben los clientes',
    other: '{n} mensajes tal como los reciben los clientes',
  },
  '{n} new notifications': {
    one: '{n} notificación nueva',
    many: '{n} de notificaciones nuevas',
    other: '{n} notificaciones nuevas',
  },
  '{n} results': { one: '{n} resultado', many: '{n} de resultados', other: '{n} resultados' },
  'Help: {about}': 'Ayuda: {about}',
  'The most that open vouchers can still cost, if each is redeemed in full. It falls when vouchers expire or are revoked, and becomes cost when they are redeemed.':
    'Lo máximo que aún pueden costar los cupones abiertos si cada uno se canjea por completo. Baja cuando los cupones caducan o se revocan, y pasa a ser costo cuando se canjean.',
  'Compares customers who got a voucher with the control group: customers who were eligible and got none. It waits until chance is an unlikely explanation.':
    'Compara a los clientes que recibieron un cupón con el grupo de control: clientes que cumplían los requisitos y no recibieron ninguno. Espera hasta que el azar sea una explicación improbable.',
  'Revenue of orders with a voucher, divided by discounts and message cost. It includes orders that would have come anyway; the incremental effect leaves them out.':
    'Ingresos de los pedidos con cupón, divididos entre los descuentos y el costo de los mensajes. Incluye pedidos que habrían llegado de todos modos; el efecto incremental los deja fuera.',
  'The amount that customers with a voucher spent beyond the control group in the same 28 days. The range says how sure that is.':
    'Lo que los clientes con cupón gastaron por encima del grupo de control en los mismos 28 días. El intervalo indica cuán seguro es.',
  'Each selected customer ends in one of these groups. When all are accounted for, nobody was lost and nobody got two vouchers.':
    'Cada cliente seleccionado termina en uno de estos grupos. Cuando todos están contados, nadie se perdió y nadie recibió dos cupones.',
  'Customers read so far: {n}': 'Clientes leídos hasta ahora: {n}',
  'The file has the first {n} customers.': 'El archivo tiene los primeros {n} clientes.',
  'Ids and numbers, without names and contacts.': 'Ids y cifras, sin nombres ni contactos.',
  'In all {n} languages': {
    one: 'En su idioma',
    many: 'En los {n} de idiomas',
    other: 'En los {n} idiomas',
  },
  '{share} processed': '{share} procesado',
  'Select all that match': 'Seleccionar todas',
}
