// Holds the Spanish of undoing a launch and of the audit log.
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
