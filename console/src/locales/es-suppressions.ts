// Holds the Spanish of suppressions, imports and replies to review.

export const esSuppressions: Record<string, string> = {
  '(e-mail, phone or push endpoint), or': '(correo, teléfono o endpoint push), o',
  'A decision applies immediately and can’t be undone here. A stop ends all SMS to the number until a later consent, a START reply or an administrator lifts it.':
    'Una decisión se aplica de inmediato y no se puede deshacer aquí. Una baja detiene todos los SMS al número hasta que un consentimiento posterior, una respuesta START o un administrador la levante.',
  'You can import a file that was exported here. Lines that can’t be read are listed and don’t stop the others. You can import the same file again: known addresses don’t change.':
    'Puedes importar un archivo exportado aquí. Las líneas que no se pueden leer se indican y no detienen las demás. Puedes volver a importar el mismo archivo: las direcciones conocidas no cambian.',
  'a later consent': 'un consentimiento posterior',
  'a reply by SMS': 'una respuesta por SMS',
  'a reply by SMS, read by an operator': 'una respuesta por SMS, leída por un operador',
  'Replies that are stop words, such as STOP, apply automatically. Replies that only resemble one, such as “I want to cancel”, are listed here.':
    'Las respuestas que son palabras de baja, como STOP, se aplican solas. Las que solo se les parecen, como “quiero darme de baja”, aparecen aquí.',
  'added by an operator': 'añadida por un operador',
  'Address for {channel}': 'Dirección para {channel}',
  'Addresses read: {n}': 'Direcciones leídas: {n}',
  'Addresses saved: {n}': 'Direcciones guardadas: {n}',
  'All suppressed addresses': 'Todas las direcciones suprimidas',
  'Administrators can lift active suppressions.':
    'Los administradores pueden levantar las supresiones vigentes.',
  'an app registered the device again': 'una aplicación volvió a registrar el dispositivo',
  'an erasure': 'un borrado',
  'an imported list': 'una lista importada',
  'an operator': 'un operador',
  'Blocked': 'Bloqueada',
  'Choose a file': 'Elegir un archivo',
  'Column': 'Columna',
  'Consents stay as they are: a customer who has denied one for this channel still gets nothing. The provider’s own list may still hold the address back.':
    'Los consentimientos no cambian: un cliente que rechazó este canal sigue sin recibir nada. La lista del propio proveedor aún puede retener la dirección.',
  'Continue': 'Continuar',
  'Counts as a stop': 'Cuenta como baja',
  'Customers who have it': 'Clientes que la tienen',
  'Customers who have it:': 'Clientes que la tienen:',
  'Dismissed. Nothing changes for the number.': 'Descartada. Nada cambia para el número.',
  'E-mail, phone with country code, push endpoint, or key':
    'Correo, teléfono con prefijo de país, endpoint push o clave',
  'Erased': 'Borrada',
  'Everything in force is lifted, for every customer who has the address: {list}.':
    'Se levanta todo lo vigente, para todos los clientes que tienen la dirección: {list}.',
  'Failures in a row': 'Fallos seguidos',
  'Failures in a row: {n}. The fifth suppresses it.': 'Fallos seguidos: {n}. El quinto la suprime.',
  'File': 'Archivo',
  'Import': 'Importar',
  'Import CSV': 'Importar CSV',
  'in force': 'vigente',
  'Invalid': 'No válida',
  'Saved with the address, with your name.': 'Se guarda con la dirección y con tu nombre.',
  'It is lifted by a later consent for the address, by an app that registers the device again, or by an administrator.':
    'La levanta un consentimiento posterior para la dirección, una aplicación que vuelva a registrar el dispositivo o un administrador.',
  'It is lifted by a later consent for the address, by the word START from the phone, or by an administrator.':
    'La levanta un consentimiento posterior para la dirección, la palabra START desde el teléfono o un administrador.',
  'It is lifted by a later consent for the address, or by an administrator.':
    'La levanta un consentimiento posterior para la dirección o un administrador.',
  'Keeps failing': 'Falla siempre',
  'Key of the address': 'Clave de la dirección',
  'Latest lift': 'Último levantamiento',
  'Lift suppressions': 'Levantar supresiones',
  'lifted': 'levantada',
  'Lifted. Consents stay as they are.': 'Levantada. Los consentimientos no cambian.',
  'Line': 'Línea',
  'Lines: {n}': 'Líneas: {n}',
  'Lines done: {n} of {all}': 'Líneas procesadas: {n} de {all}',
  'Means something else': 'Significa otra cosa',
  'Messages are sent to it, if the customer has agreed.':
    'Se le envían mensajes, si el cliente dio su consentimiento.',
  'No address of this channel is suppressed': 'Ninguna dirección de este canal está suprimida',
  'No more than {n} are shown.': 'No se muestran más de {n}.',
  'No replies to review': 'No hay respuestas por revisar',
  'not suppressed': 'no suprimida',
  'No messages are sent to it.': 'No se le envían mensajes.',
  'No more messages are sent to it, whichever customers have it now or later.':
    'No se le envían más mensajes, la tengan los clientes que la tengan ahora o después.',
  'Nothing more is sent to this number by SMS.': 'No se envía nada más por SMS a este número.',
  'Nothing yet.': 'Nada aún.',
  'Number': 'Número',
  'Only an administrator lifts it.': 'Solo la levanta un administrador.',
  'Opted out': 'De baja',
  'View campaigns, reports, health, suppressions and diagnostics':
    'Ver campañas, informes, salud, supresiones y diagnóstico',
  'Reasons, in force and lifted': 'Motivos, vigentes y levantados',
  'Refused lines': 'Líneas rechazadas',
  'SMS replies that resemble a stop or start word, oldest first. Each is kept for up to 90 days; until you decide, nothing changes for the number.':
    'Respuestas por SMS que se parecen a una palabra de baja o de alta, de la más antigua a la más reciente. Cada una se guarda hasta 90 días; mientras no decidas, nada cambia para el número.',
  'Reply': 'Respuesta',
  'See address {n}': 'Ver la dirección {n}',
  'See the address': 'Ver la dirección',
  'Since': 'Desde',
  'Someone has already decided about this reply.': 'Alguien ya decidió sobre esta respuesta.',
  'a previous holder asked for erasure': 'un titular anterior pidió el borrado',
  'Stop after this part': 'Parar después de esta parte',
  'Suppress': 'Suprimir',
  'Suppress addresses, import lists of them, decide what replies mean':
    'Suprimir direcciones, importar listas de ellas, decidir qué significan las respuestas',
  'Suppress an address': 'Suprimir una dirección',
  'Suppress this address': 'Suprimir esta dirección',
  'suppressed': 'suprimida',
  'Suppressed addresses': 'Direcciones suprimidas',
  'Suppressed. No more messages are sent to this address.':
    'Suprimida. No se envían más mensajes a esta dirección.',
  'Suppressed: {taken}. Known already: {unchanged}. Refused: {refused}.':
    'Suprimidas: {taken}. Ya conocidas: {unchanged}. Rechazadas: {refused}.',
  'Suppressions': 'Supresiones',
  'The address itself is not kept here, only its key, so it cannot be shown.':
    'Aquí no se guarda la dirección, solo su clave, así que no se puede mostrar.',
  'Addresses that get no messages, and why. A suppression belongs to the address: it applies to every customer who has it, now or later.':
    'Direcciones que no reciben mensajes, y por qué. Una supresión pertenece a la dirección: vale para todos los clientes que la tienen, ahora o después.',
  'The file is not in UTF-8: save it as “CSV UTF-8”.':
    'El archivo no está en UTF-8: guárdalo como “CSV UTF-8”.',
  'The first line names the columns. One of them is the address:':
    'La primera línea da nombre a las columnas. Una de ellas es la dirección:',
  'The first line of the file has to name its columns, each one once.':
    'La primera línea del archivo debe dar nombre a sus columnas, cada una una sola vez.',
  'Optional columns:': 'Columnas opcionales:',
  'The parts before it are imported. “Try again” continues after them.':
    'Las partes anteriores están importadas. “Reintentar” continúa después de ellas.',
  'the address is suppressed': 'la dirección está suprimida',
  'the provider of the channel': 'el proveedor del canal',
  'the provider’s contact list': 'la lista de contactos del proveedor',
  'The quote on line {n} is never closed.': 'Las comillas de la línea {n} no se cierran.',
  'the unsubscribe link of a message': 'el enlace de baja de un mensaje',
  'the word START, or coming back to the contact list':
    'la palabra START, o volver a la lista de contactos',
  'This address is not suppressed and never was.':
    'Esta dirección no está suprimida y nunca lo estuvo.',
  'Enter an address or a key.': 'Escribe una dirección o una clave.',
  'Replies to review': 'Respuestas por revisar',
  'Meaning': 'Significado',
  'Addresses are listed here when someone replies STOP, unsubscribes or complains, or when a message hard-bounces. You can also import a list.':
    'Aquí aparecen direcciones cuando alguien responde STOP, se da de baja o se queja, o cuando un mensaje rebota de forma permanente. También puedes importar una lista.',
  'with': 'con',
}
