// Holds the Spanish of what the API says.

export const esApi: Record<string, string> = {
  'A timer has stalled: {about}': 'Un temporizador se detuvo: {about}',
  'another channel: sent next, at the channel’s rate':
    'otro canal: se envía a continuación, al ritmo del canal',
  'A good starting point is twice your typical gap between orders.':
    'Un buen punto de partida es el doble del intervalo habitual entre pedidos.',
  'A character outside the standard alphabet limits each SMS to 70 characters instead of 160.':
    'Un carácter fuera del alfabeto estándar limita cada SMS a 70 caracteres en lugar de 160.',
  'being processed': 'en proceso',
  'All amounts must have the same currency.': 'Todos los importes deben tener la misma moneda.',
  'Ask your system operator to check the timer, the autopilot queue with its failed jobs, and the log of scan-autopilot.':
    'Pide al operador del sistema que revise el temporizador, la cola de campañas automáticas con sus tareas fallidas y el registro de scan-autopilot.',
  'Ask your system operator to check the expansion queue with its failed jobs, and the log of expand-audience.':
    'Pide al operador del sistema que revise la cola de expansión con sus tareas fallidas y el registro de expand-audience.',
  'Ask your system operator to check the log and the errors of aggregate-reports.':
    'Pide al operador del sistema que revise el registro y los errores de aggregate-reports.',
  'Ask your system operator to check the rule that starts it, its queue with the failed jobs, and its log.':
    'Pide al operador del sistema que revise la regla que lo inicia, su cola con las tareas fallidas y su registro.',
  'Limits are not applied. Compare them with the vouchers and the exposure.':
    'No se aplican límites. Compáralos con los cupones y la exposición.',
  'Report counters differ from the vouchers':
    'Los contadores de los informes no coinciden con los cupones',
  'Days before the birthday to send (0 to 60).':
    'Días antes del cumpleaños en que se envía (de 0 a 60).',
  'Minimum days between two vouchers for the same customer (1 to 1,095).':
    'Días mínimos entre dos cupones para el mismo cliente (de 1 a 1095).',
  'Send after this many days without an order (1 to 1,095).':
    'Enviar tras estos días sin pedidos (de 1 a 1095).',
  'Find out where these addresses come from, then resume it. Only new messages count from then on.':
    'Averigua de dónde vienen estas direcciones y luego reanuda la campaña. Desde entonces solo cuentan los mensajes nuevos.',
  'handed to its channel; if the job is lost, retried at this time':
    'entregado a su canal; si la tarea se pierde, se reintenta a esta hora',
  'Customers within this distance are included (up to 20,000 km).':
    'Se incluyen los clientes dentro de esta distancia (hasta 20.000 km).',
  'The replay starts as if the autopilot was enabled on the first day, without its earlier vouchers.':
    'La simulación empieza como si la campaña automática se hubiera activado el primer día, sin sus cupones anteriores.',
  'It is so large that common mail programs cut it off.':
    'Es tan grande que los programas de correo habituales lo cortan.',
  'its campaign is over: nothing is sent, and it is closed at this time':
    'su campaña terminó: no se envía nada y se cierra a esta hora',
  'its campaign is over: nothing is sent, and it is closed shortly':
    'su campaña terminó: no se envía nada y se cierra en breve',
  'its campaign is paused': 'su campaña está pausada',
  'Its footer has no postal address, which several countries ask for: set it in the brand.':
    'El pie no tiene dirección postal, que varios países exigen: añádela en la marca.',
  'scheduled for this time (quiet hours, send hour or delay)':
    'programado para esta hora (horas de silencio, hora de envío o espera)',
  'processing was interrupted: retried at this time':
    'el proceso se interrumpió: se reintenta a esta hora',
  'Check its audience in a clone: the sample shows which condition matches nobody.':
    'Revisa la audiencia en una copia: la muestra indica qué condición no cumple nadie.',
  'Look at the differences below the recount of system health, then repair the counters.':
    'Mira las diferencias debajo del recuento en Salud del sistema y luego repara los contadores.',
  'Check the provider’s status and your account limits, then resume it.':
    'Revisa el estado del proveedor y los límites de la cuenta, y luego reanuda la campaña.',
  'Check whom it messages and how often, then resume it. Only new messages count from then on.':
    'Revisa a quién escribe y con qué frecuencia, y luego reanúdala. Desde entonces solo cuentan los mensajes nuevos.',
  'checked at this time': 'se comprueba a esta hora',
  'More than one SMS is billed for each customer.': 'Se factura más de un SMS por cliente.',
  'No event with this name was ever received. Until one is, this autopilot triggers for nobody.':
    'Nunca se recibió un evento con este nombre. Hasta entonces, esta campaña automática no se activa para nadie.',
  'Nothing is written in this language.': 'No hay nada escrito en este idioma.',
  'One in ten customers is in the control group and gets nothing, so that the effect can be measured.':
    'Uno de cada diez clientes está en el grupo de control y no recibe nada, para poder medir el efecto.',
  'Orders are assumed to have been reported when they were placed.':
    'Se supone que los pedidos se comunicaron en el momento de hacerse.',
  'Orders count as of now: orders cancelled since are left out, and refunds are deducted.':
    'Los pedidos cuentan según su estado actual: los cancelados después se excluyen y los reembolsos se descuentan.',
  'planned within a minute': 'planificado en un minuto',
  'Profiles, consents, suppressions and addresses are as of now.':
    'Los perfiles, consentimientos, supresiones y direcciones son los actuales.',
  'postponed: retried at this time': 'aplazado: se reintenta a esta hora',
  'Raise the caps, or end the campaign.': 'Aumenta los límites o finaliza la campaña.',
  'sent next, at the channel’s rate': 'se envía a continuación, al ritmo del canal',
  'Replay it. If the replay matches, check whether orders and events still arrive; if not, its rule is too narrow.':
    'Simúlala. Si la simulación coincide, comprueba si siguen llegando pedidos y eventos; si no, su regla es demasiado estrecha.',
  'Replay it, and compare its rule and what comes in with the weeks before.':
    'Simúlala y compara su regla y los datos que llegan con las semanas anteriores.',
  'Resume it. Waiting messages are sent unless their deadline has passed.':
    'Reanúdala. Los mensajes en espera se envían si no pasó su plazo.',
  'Edit the messages, and add your customers’ languages.':
    'Edita los mensajes y añade los idiomas de tus clientes.',
  'See the reasons in the delivery report; pause it until the provider answers.':
    'Mira los motivos en el informe de entrega; pausa la campaña hasta que el proveedor responda.',
  'See the skip reasons in its diagnostics, and compare its channels with these customers’ consents.':
    'Mira los motivos de omisión en su diagnóstico y compara sus canales con los consentimientos de estos clientes.',
  'Check which customers match in its list of vouchers, and pause it if this is not intended.':
    'Comprueba en la lista de cupones qué clientes coinciden y pausa la campaña si no es lo previsto.',
  'Keep the validity short to get first orders in the first days.':
    'Una validez corta consigue los primeros pedidos en los primeros días.',
  'Minimum number of orders.': 'Número mínimo de pedidos.',
  'Minimum total spend.': 'Gasto total mínimo.',
  'The amounts are placeholders. Set the benefit and minimum basket to match your margins.':
    'Los importes son de ejemplo. Ajusta el beneficio y la compra mínima a tus márgenes.',
  'retry after a throttled or unanswered attempt':
    'reintento tras un intento limitado o sin respuesta',
  'fallback after a failed channel: sent next, at the channel’s rate':
    'alternativa tras un canal con error: se envía a continuación, al ritmo del canal',
  'Days are in each customer’s current time zone. Only full days are included.':
    'Los días van según la zona horaria actual de cada cliente. Solo se incluyen días completos.',
  'There are no words for an offer in this language: it is named in English.':
    'No hay textos de ofertas en este idioma: la oferta aparece en inglés.',
  'It names the last day to redeem, and the offer has to be accepted before: use accept_by.':
    'Indica el último día de canje, pero la oferta debe aceptarse antes: usa accept_by.',
  'The draft is incomplete, so parts of the preview are examples.':
    'El borrador está incompleto, así que parte de la vista previa son ejemplos.',
  'The end is before the start.': 'El fin es anterior al inicio.',
  'The groups are nested too deep.': 'Los grupos están anidados a demasiados niveles.',
  'The send hour, in the customer’s time zone.':
    'La hora de envío, en la zona horaria del cliente.',
  'fallback after a bounce: sent next, at the channel’s rate':
    'alternativa tras un rebote: se envía a continuación, al ritmo del canal',
  'the provider did not answer: retried at this time, unless a delivery event arrives':
    'el proveedor no respondió: se reintenta a esta hora, salvo que llegue un evento de entrega',
  'the provider did not answer: an SMS is never repeated; the next channel follows at this time if the campaign uses one':
    'el proveedor no respondió: un SMS nunca se repite; a esta hora sigue el próximo canal si la campaña usa uno',
  'the provider did not answer: not repeated again; the next channel follows at this time if the campaign uses one':
    'el proveedor no respondió: no se repite más; a esta hora sigue el próximo canal si la campaña usa uno',
  'Reports are delayed': 'Los informes van con retraso',
  'The vertical that launches. The offer applies only there.':
    'La vertical que se lanza. La oferta vale solo en ella.',
  'The vertical they already order from.': 'La vertical en la que ya piden.',
  'The vertical they should try. The offer applies only there.':
    'La vertical que deberían probar. La oferta vale solo en ella.',
  'There are too many conditions.': 'Hay demasiadas condiciones.',
  'There are too many.': 'Son demasiados.',
  'There is no limit yet. Preview the audience, then set a budget.':
    'Aún no hay límite. Mira la audiencia estimada y luego fija un presupuesto.',
  'There is no message for this channel in the default language.':
    'No hay mensaje para este canal en el idioma predeterminado.',
  'This is empty.': 'Está vacío.',
  'These two can’t be combined.': 'Estos dos no se pueden combinar.',
  'This currency doesn’t match.': 'La moneda no coincide.',
  'This doesn’t apply to this trigger.': 'No se aplica a este activador.',
  'This field does not exist.': 'Este campo no existe.',
  'This can’t change after launch. Clone the campaign to change it.':
    'No se puede cambiar tras el lanzamiento. Duplica la campaña para cambiarlo.',
  'This is already in the list.': 'Ya está en la lista.',
  'This is in the future.': 'Está en el futuro.',
  'This is in the past.': 'Está en el pasado.',
  'Required.': 'Obligatorio.',
  'This doesn’t apply to autopilots.': 'No se aplica a las campañas automáticas.',
  'This is not valid.': 'No es válido.',
  'This has the wrong type.': 'El tipo no es correcto.',
  'This is outside the allowed range.': 'Está fuera del intervalo permitido.',
  'This is too large.': 'Es demasiado grande.',
  'This is too long.': 'Es demasiado largo.',
  'This value doesn’t exist.': 'Este valor no existe.',
  'Customers are assumed not to exist before their sign-up date, unless they have an older order.':
    'Se supone que un cliente no existía antes de su fecha de registro, salvo que tenga un pedido anterior.',
  'Raise the thresholds until only a few percent of customers match.':
    'Sube los umbrales hasta que solo coincida un pequeño porcentaje de los clientes.',
  'With long names or amounts it takes more SMS than shown.':
    'Con nombres o importes largos necesita más SMS de los indicados.',
  'Use the names of the verticals as your orders have them.':
    'Usa los nombres de las verticales tal como aparecen en tus pedidos.',
}
