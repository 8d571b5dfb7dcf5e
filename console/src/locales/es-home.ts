// Holds the Spanish of the home page with its checklist, of the calendar, of charts, of what lists can do with
// several campaigns, of letters in an SMS, and of the page of components.
import type { TranslationTable } from './i18n'

export const esHome: TranslationTable = {
  // The home page.
  'Home': 'Inicio',
  'What is live, what needs a decision, and what this week brought.':
    'Qué está activo, qué requiere una decisión y qué trajo esta semana.',
  'Needs a decision': 'Requiere una decisión',
  'Nothing needs a decision: no campaign is paused, failing or silent.':
    'Nada requiere una decisión: ninguna campaña está pausada, tiene errores o dejó de activarse.',
  'Part of this list could not be loaded. Reload the page to try again.':
    'No se pudo cargar una parte de esta lista. Recarga la página para volver a intentarlo.',
  'See the health of all campaigns': 'Ver la salud de todas las campañas',
  'Customers can’t redeem its vouchers until you resume redeeming.':
    'Los clientes no pueden canjear sus cupones hasta que reanudes el canje.',
  'It can’t be launched until an approver agrees.':
    'No se puede lanzar hasta que un aprobador la apruebe.',
  'More than {n} replies to review': 'Más de {n} respuestas por revisar',
  '{n} replies to review': {
    one: '{n} respuesta por revisar',
    many: '{n} de respuestas por revisar',
    other: '{n} respuestas por revisar',
  },
  'Each may be a wish to stop. Say what it means.':
    'Cada una puede ser una petición de baja. Indica qué significa.',
  'The last 7 days': 'Los últimos 7 días',
  'Open the overview': 'Abrir el resumen',
  'No vouchers were issued or redeemed in the last 7 days.':
    'En los últimos 7 días no se emitieron ni se canjearon cupones.',
  '{n} other currencies are in the overview.': {
    one: 'Hay {n} moneda más en el resumen.',
    many: 'Hay {n} de monedas más en el resumen.',
    other: 'Hay {n} monedas más en el resumen.',
  },
  'Live now': 'Activas ahora',
  'No campaign is live.': 'Ninguna campaña está activa.',
  'More than {n} campaigns are live. See all': 'Hay más de {n} campañas activas. Ver todas',
  '{n} campaigns are live. See all': {
    one: 'Hay {n} campaña activa. Verla',
    many: 'Hay {n} de campañas activas. Ver todas',
    other: 'Hay {n} campañas activas. Ver todas',
  },
  '{n} of {of} customers processed': '{n} de {of} clientes procesados',
  '{n} issued in {days} days': 'Emitidos en {days} días: {n}',
  'What comes next': 'Qué viene después',
  'Nothing is planned. Start from a playbook: it creates a draft and sends nothing.':
    'No hay nada previsto. Empieza con una plantilla: crea un borrador y no envía nada.',
  'Nothing is planned.': 'No hay nada previsto.',
  'Starts next': 'Empiezan pronto',
  'Drafts to finish': 'Borradores por terminar',
  'See all {n} drafts': {
    one: 'Ver {n} borrador',
    many: 'Ver los {n} de borradores',
    other: 'Ver los {n} borradores',
  },
  'Open the calendar': 'Abrir el calendario',
  // The checklist.
  'Show the setup checklist': 'Mostrar los pasos iniciales',
  'Get to your first campaign': 'Los pasos hasta tu primera campaña',
  '{n} of {of} steps done': '{n} de {of} pasos hechos',
  'Hide checklist': 'Ocultar pasos',
  'Done': 'Hecho',
  'Next step': 'Siguiente',
  'To do': 'Pendiente',
  'An administrator does this.': 'Lo hace un administrador.',
  'Connect your customers': 'Conecta a tus clientes',
  'Your app sends customers, consents and orders through the API. Campaigns reach nobody until it does.':
    'Tu aplicación envía clientes, consentimientos y pedidos por la API. Hasta entonces, las campañas no llegan a nadie.',
  'Find a customer': 'Buscar un cliente',
  'Set the sender name and the postal address':
    'Define el nombre del remitente y la dirección postal',
  'Customers see the name as the sender. Many countries require a postal address in marketing e-mails.':
    'Los clientes ven el nombre como remitente. Muchos países exigen una dirección postal en los correos de marketing.',
  'Open brand settings': 'Abrir los ajustes de marca',
  'Set quiet hours': 'Define las horas de silencio',
  'During quiet hours, messages wait until the morning of each customer.':
    'Durante las horas de silencio, los mensajes esperan hasta la mañana de cada cliente.',
  'Open contact settings': 'Abrir los ajustes de contacto',
  'Add a test address': 'Añade una dirección de prueba',
  'With a test address you can send each message to yourself before customers get it.':
    'Con una dirección de prueba puedes enviarte cada mensaje antes de que lo reciban los clientes.',
  'Open test addresses': 'Abrir las direcciones de prueba',
  'Enter your costs and margin': 'Introduce tus costos y tu margen',
  'Reports then show profit and the cost of messages with your numbers.':
    'Así los informes muestran la ganancia y el costo de los mensajes con tus datos.',
  'Open costs': 'Abrir los costos',
  'Create your first campaign': 'Crea tu primera campaña',
  'A playbook fills in most of it. It stays a draft until you launch it.':
    'Una plantilla rellena casi todo. Sigue siendo un borrador hasta que la lances.',
  'Choose a playbook': 'Elegir una plantilla',
  'Launch it': 'Lánzala',
  'The review step shows how many customers it reaches and the most it can cost.':
    'El paso de revisión muestra a cuántos clientes llega y lo máximo que puede costar.',
  'Open promotions': 'Abrir las promociones',
  // The calendar.
  'Calendar': 'Calendario',
  'Which campaigns are on, from when to when, and how many on each day.':
    'Qué campañas están activas, desde cuándo y hasta cuándo, y cuántas cada día.',
  'Month': 'Mes',
  'Previous month': 'Mes anterior',
  'Next month': 'Mes siguiente',
  'Go to this month': 'Ir al mes actual',
  'No campaign in this month': 'Ninguna campaña en este mes',
  'A campaign appears here once it is launched, or a draft once it has a start.':
    'Una campaña aparece aquí cuando se lanza; un borrador, cuando tiene fecha de inicio.',
  'Campaigns on each day': 'Campañas de cada día',
  'Only the newest {n} campaigns are shown.': 'Solo se muestran las {n} campañas más recientes.',
  'the whole month': 'todo el mes',
  'from {day}, into the next month': 'desde el {day} hasta el mes siguiente',
  'from {day}, without an end': 'desde el {day}, sin fin',
  // Charts.
  '{title}: move through the days with the arrow keys':
    '{title}: recorre los días con las teclas de flecha',
  'Whole period': 'Todo el periodo',
  'Export these numbers as CSV: {title}': 'Exportar estos datos como CSV: {title}',
  'CSV': 'CSV',
  'Point at a day, or use the arrow keys.': 'Señala un día o usa las teclas de flecha.',
  'matches of a typical day': 'coincidencias de un día normal',
  // What lists do with several campaigns, and saved views.
  'Actions for selected campaigns': 'Acciones para las campañas seleccionadas',
  '{n} campaigns selected': {
    one: '{n} campaña seleccionada',
    many: '{n} de campañas seleccionadas',
    other: '{n} campañas seleccionadas',
  },
  'Clear selection': 'Quitar la selección',
  'This changes {n} campaigns.': {
    one: 'Esto cambia {n} campaña.',
    many: 'Esto cambia {n} de campañas.',
    other: 'Esto cambia {n} campañas.',
  },
  '{n} selected campaigns stay as they are: their state does not allow this.': {
    one: '{n} campaña seleccionada queda igual: su estado no lo permite.',
    many: '{n} de campañas seleccionadas quedan igual: su estado no lo permite.',
    other: '{n} campañas seleccionadas quedan igual: su estado no lo permite.',
  },
  '{n} of {of} done': 'Avance: {n} de {of}',
  '{n} changed.': 'Cambiadas: {n}.',
  '{n} could not be changed:': {
    one: '{n} no se pudo cambiar:',
    many: '{n} no se pudieron cambiar:',
    other: '{n} no se pudieron cambiar:',
  },
  'Saved views': 'Vistas guardadas',
  'No view': 'Sin vista',
  'Save view': 'Guardar vista',
  'Delete view': 'Eliminar vista',
  'Saved in this browser. To share a view, copy its address.':
    'Se guarda en este navegador. Para compartir una vista, copia su dirección.',
  // Lists of vouchers.
  'Vouchers by status:': 'Cupones por estado:',
  'Vouchers read so far: {n}': 'Cupones leídos hasta ahora: {n}',
  // Letters of an SMS.
  'These letters reduce an SMS from 160 to 70 characters:':
    'Con estas letras, un SMS admite 70 caracteres en lugar de 160:',
  'Replace letters': 'Sustituir letras',
  'Replaced.': 'Letras sustituidas.',
  // The page of components.
  'Components': 'Componentes',
  'Every shared component in each of its states. Switch the colours in the header.':
    'Cada componente compartido en todos sus estados. Los colores se cambian en el encabezado.',
  'Narrow': 'Estrecho',
  'Right to left': 'De derecha a izquierda',
  'Profit': 'Ganancia',
  'Show what loads': 'Mostrar lo que carga',
  'Open a dialog': 'Abrir un diálogo',
}
