// Holds the Spanish of links in messages and the way out of an SMS.

export const esLinks: Record<string, string> = {
  'a page on which the customer accepts the offer':
    'una página en la que el cliente acepta la oferta',
  'Add a country': 'Añadir un país',
  'All countries without a rule': 'Todos los países sin regla',
  'Default of the deployment': 'Valor predeterminado del sistema',
  'Country code (two letters)': 'Código de país (dos letras)',
  'Leave blank to use the number that the SMS comes from.':
    'Déjalo en blanco para usar el número del que sale el SMS.',
  'Destination': 'Destino',
  'The opt-out text ends each SMS, in the language of the message, unless the message places it with {variable}.':
    'El texto de baja cierra cada SMS, en el idioma del mensaje, salvo que el mensaje lo coloque con {variable}.',
  'Link in messages': 'Enlace de los mensajes',
  'link tapped': 'enlace pulsado',
  'Link tapped': 'Enlace pulsado',
  'No rule': 'Sin regla',
  'None, with a reason': 'Ninguno, con un motivo',
  'Number for replies': 'Número para respuestas',
  'Reply with a word': 'Responder con una palabra',
  'Short link': 'Enlace corto',
  'the app': 'la aplicación',
  'Opt-out text of SMS': 'Texto de baja de los SMS',
  'SMS opt-out': 'Baja por SMS',
}
