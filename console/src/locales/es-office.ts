// Holds the Spanish of undoing a launch, of the audit log and of notices to a chat.
import type { TranslationTable } from './i18n'

export const esOffice: TranslationTable = {
  'Not started yet': 'Aún no ha empezado',
  'Until then nothing is sent, and you can undo the launch.':
    'Hasta entonces no se envía nada y puede deshacer el lanzamiento.',
  'Sending starts: {time}.': 'El envío empieza: {time}.',
  'Sending starts within a minute.': 'El envío empieza en menos de un minuto.',
  'Launch undone. The campaign is a draft again.':
    'Lanzamiento deshecho. La campaña vuelve a ser un borrador.',
  'Undo launch': 'Deshacer el lanzamiento',
  'Start sending now': 'Empezar a enviar ahora',
  'Nothing is sent for {n} seconds, in which you can undo the launch.':
    'Durante {n} segundos no se envía nada y puede deshacer el lanzamiento.',
  'approved': 'aprobó',
  'undid the launch': 'deshizo el lanzamiento',
  'started at once': 'inició de inmediato',
  'deleted': 'eliminó',
  'opened': 'abrió',
  'lifted the suppression': 'levantó la supresión',
  'read a reply as a stop': 'leyó una respuesta como una baja',
  'dismissed a reply': 'descartó una respuesta',
  'imported': 'importó',
  'checked': 'comprobó',
  'uploaded': 'subió',
  'retried failed jobs': 'reintentó tareas fallidas',
  'repaired': 'reparó',
  'rotated the secret': 'renovó el secreto',
  'sent a test': 'envió una prueba',
  'Setting': 'Ajuste',
  'Catalogue': 'Catálogo',
  'Webhook endpoint': 'Destino de webhook',
  'Recount': 'Recuento',
  'Picture': 'Imagen',
  'Audit log': 'Registro de cambios',
  'Notifications to a chat': 'Notificaciones a un chat',
  'A message is sent to the chat within a minute, once for each occurrence. What the chat refuses is in the audit log.':
    'Se envía un mensaje al chat en menos de un minuto, una vez por suceso. Lo que el chat rechaza consta en el registro de cambios.',
  'Only administrators see the address of the chat.':
    'Solo los administradores ven la dirección del chat.',
  'Incoming webhook of the chat': 'Webhook entrante del chat',
  'An https address, as Slack and Teams offer it. Leave blank for none.':
    'Una dirección https, como la que ofrecen Slack y Teams. Déjelo en blanco si no hay ninguna.',
  'Notify when': 'Notificar cuando',
  'A launch waits for an approver': 'Un lanzamiento espera aprobación',
  'A campaign is completed': 'Una campaña se completa',
  'The system paused a campaign': 'El sistema pausa una campaña',
  'A campaign missed its start': 'Una campaña no empezó a su hora',
  'Sending on a channel has stopped': 'El envío por un canal se detiene',
  'The AWS account is not ready': 'La cuenta de AWS no está lista',
  'The test arrives in the chat within a minute.': 'La prueba llega al chat en menos de un minuto.',
  'Send a test to the chat': 'Enviar una prueba al chat',
  'asked for an approval': 'pidió una aprobación',
  'could not notify the chat': 'no pudo notificar al chat',
  'Who changed what and when: campaigns, settings, goodwill, suppressions, imports and the rest, newest first.':
    'Quién cambió qué y cuándo: campañas, ajustes, cortesía, supresiones, importaciones y lo demás, lo más reciente primero.',
  'Nothing found': 'No se encontró nada',
  'Nothing on this page matches. Older entries may.':
    'Nada en esta página coincide. Puede que sí entradas anteriores.',
  'Change the filters to find more.': 'Cambie los filtros para encontrar más.',
  'A part of the name': 'Una parte del nombre',
  'What was changed': 'Qué se cambió',
  'Changed item': 'Elemento cambiado',
  'The file has the latest {n} entries.': 'El archivo contiene las últimas {n} entradas.',
  'Sending starts in {n} seconds.': {
    one: 'El envío empieza en 1 segundo.',
    many: 'El envío empieza en {n} de segundos.',
    other: 'El envío empieza en {n} segundos.',
  },
}
