// Holds the Spanish of topics and pauses.

export const esTopics: Record<string, string> = {
  'Add a language': 'Añadir un idioma',
  'Add a topic': 'Añadir un tema',
  'Opted in to a topic': 'Se suscribió a un tema',
  'all channels': 'todos los canales',
  'Customers choose topics on the preference page, behind the link in each message. A campaign with a topic skips customers who opted out of it.':
    'Los clientes eligen temas en la página de preferencias, tras el enlace de cada mensaje. Una campaña con tema omite a los clientes que se dieron de baja de él.',
  'Resumed messages': 'Reanudó los mensajes',
  'get messages until they opt out': 'reciben mensajes hasta que se den de baja',
  'get messages only after opting in': 'reciben mensajes solo si se suscriben',
  'Id': 'Id',
  'paused by the customer': 'pausados por el cliente',
  'Opted out of a topic': 'Se dio de baja de un tema',
  'opted out of the topic': 'de baja del tema',
  'the preference page': 'la página de preferencias',
  'This customer paused messages until {time}.': 'Este cliente pausó los mensajes hasta el {time}.',
  'Topic': 'Tema',
  'Topic {n}': 'Tema {n}',
  'Topics': 'Temas',
  'Paused messages': 'Pausó los mensajes',
  'Topic of the messages': 'Tema de los mensajes',
  'Customers who opted out of the topic get no message. Leave blank to send regardless of topics.':
    'Los clientes de baja del tema no reciben mensajes. Déjalo en blanco para enviar sin tener en cuenta los temas.',
  'Customers who have not chosen': 'Clientes que no han elegido',
}
