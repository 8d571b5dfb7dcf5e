// Holds the Spanish of the reports and of system health.

export const esReports: Record<string, string> = {
  'The groups aren’t comparable, so nothing is claimed.':
    'Los grupos no son comparables, así que no se concluye nada.',
  'About {n} more customers could change this to “{verdict}”.':
    'Unos {n} clientes más podrían cambiarlo a «{verdict}».',
  'At the current pace, they are reached by {day}.': 'Al ritmo actual, se alcanzan para el {day}.',
  'The variants aren’t as large as their shares. Find the cause before you compare them.':
    'Las variantes no tienen el tamaño de sus cuotas. Busca la causa antes de compararlas.',
  '{name} earns more than every other variant.': '{name} gana más que cualquier otra variante.',
  '{name} earns more than it costs. Whether it is the best isn’t known yet.':
    '{name} gana más de lo que cuesta. Aún no se sabe si es la mejor.',
  '{name} costs more than it earns.': '{name} cuesta más de lo que gana.',
  'Nothing is shown yet. {name} leads so far.':
    'Aún no se ha demostrado nada. {name} va por delante.',
  'Variant': 'Variante',
  'Variants': 'Variantes',
  'Profit over time': 'Ganancia en el tiempo',
  'Without a control group, variants are compared only with each other.':
    'Sin grupo de control, las variantes solo se comparan entre sí.',
  'The intervals hold however often you look.': 'Los intervalos valen por mucho que los mires.',
  '95 of 100': '95 de 100',
  '95 of 100 within {time}': '95 de 100 en {time}',
  '99 of 100': '99 de 100',
  'A campaign that is good in several verticals counts in each.':
    'Una campaña válida en varias verticales cuenta en cada una.',
  'A queue is stalled: {about}': 'Una cola se detuvo: {about}',
  'About {n} more customers would make it clear.': 'Unos {n} clientes más lo aclararían.',
  'can still be redeemed': 'aún se pueden canjear',
  'as in the period before': 'igual que en el periodo anterior',
  'The same as in the previous period.': 'Igual que en el periodo anterior.',
  'When a campaign sends, each channel is listed here with the results of its messages.':
    'Cuando una campaña envía, aquí aparece cada canal con los resultados de sus mensajes.',
  'Ask your system operator to check its timer and the watchdog.':
    'Pide al operador del sistema que revise su temporizador y el vigilante.',
  'Ask your system operator to check the function that reads it.':
    'Pide al operador del sistema que revise la función que la lee.',
  '{n} rows differed at that time; ongoing traffic causes some.':
    '{n} filas diferían en ese momento; el tráfico en curso causa algunas.',
  'Attempts': 'Intentos',
  'Attempts: {n}': 'Intentos: {n}',
  'Attempts to send: all of them are in delivery.': 'Intentos de envío: todos están en Entrega.',
  'previously: {n}%': 'antes: {n}\u00a0%',
  'previously: {time}': 'antes: {time}',
  'Below each number: the drop-off since the previous stage.':
    'Debajo de cada número: el abandono desde la etapa anterior.',
  'between {low} and {high}': 'entre {low} y {high}',
  'Bounced': 'Rebotados',
  'By campaign': 'Por campaña',
  'By channel': 'Por canal',
  'By day': 'Por día',
  'By vertical': 'Por vertical',
  'calendars of autopilots': 'calendarios de campañas automáticas',
  'Target by behaviour, as the playbooks do, and compare its effect with its cost in Campaign performance.':
    'Segmenta por comportamiento, como hacen las plantillas, y compara su efecto con su costo en Rendimiento de campañas.',
  'choosing customers': 'selección de clientes',
  'Issued, not accepted': 'Emitidos, sin aceptar',
  'Compare the minimum basket with usual baskets, extend the validity, or send a reminder.':
    'Compara la compra mínima con las compras habituales, amplía la validez o envía un recordatorio.',
  'Compared with {from} – {to}, as many days before.':
    'En comparación con {from} – {to}, los mismos días de antes.',
  'comparing': 'comparando',
  'Complained': 'Con queja',
  'Approximate, as counted by SQS.': 'Aproximado, según lo cuenta SQS.',
  'Counters': 'Contadores',
  'counting': 'contando',
  'Customer engagement': 'Interacción de clientes',
  'declined, expired or revoked': 'rechazados, caducados o revocados',
  'Delivery': 'Entrega',
  'Do the counters agree with the records?': '¿Coinciden los contadores con los registros?',
  'Due': 'Pendiente',
  'Due by now': 'Ya pendiente',
  'E-mails to send': 'Correos por enviar',
  'each': 'por cliente',
  'Each queue': 'Cada cola',
  'every': 'todas',
  'Every customer gets the same offer, so most discounts go to customers who would have bought anyway':
    'Todos los clientes reciben la misma oferta, así que la mayoría de los descuentos van a quienes habrían comprado igualmente',
  'Exposure: the most it can cost': 'Exposición: lo máximo que puede costar',
  'failed, bounced or no answer': 'fallidos, rebotados o sin respuesta',
  'Failures, by reason': 'Errores, por motivo',
  'Accepted, not redeemed': 'Aceptados, sin canjear',
  'failed for good': 'con error definitivo',
  'goes well': 'va bien',
  'Got a voucher': 'Recibió un cupón',
  'Half accept within': 'La mitad acepta en',
  'Half are with the provider within {time}.': 'La mitad llega al proveedor en {time}.',
  'Half redeem within': 'La mitad canjea en',
  'half within': 'la mitad en',
  'High acceptance, low redemption': 'Aceptación alta, canje bajo',
  'The funnel from issue to redemption: how long it takes, and where customers drop off.':
    'El embudo de la emisión al canje: cuánto tarda y dónde abandonan los clientes.',
  'How long customers take': 'Cuánto tardan los clientes',
  'How long it takes': 'Cuánto tarda',
  'In 28 days': 'En 28 días',
  'In short': 'En resumen',
  'In this period': 'En este periodo',
  'can still be accepted': 'aún se pueden aceptar',
  'Messages are delivered, but few customers accept':
    'Los mensajes se entregan, pero pocos clientes aceptan',
  'It cost more than it earned, with statistical significance.':
    'Costó más de lo que ganó, con significación estadística.',
  'It earned more than it cost, with statistical significance.':
    'Ganó más de lo que costó, con significación estadística.',
  'It roughly pays for itself. The difference is not statistically significant.':
    'Más o menos se paga sola. La diferencia no es estadísticamente significativa.',
  'late by': 'retraso',
  'Check the subject and first line, the minimum basket, and the other open offers of these customers.':
    'Revisa el asunto y la primera línea, la compra mínima y las demás ofertas abiertas de estos clientes.',
  'Drop-off': 'Abandono',
  'Many are skipped: opted out, without consent, or over a cap':
    'Se omite a muchos: de baja, sin consentimiento o por encima de un límite',
  'matches of autopilots, due': 'coincidencias de campañas automáticas, pendientes',
  'Messages by day': 'Mensajes por día',
  'Messages are sent but not delivered': 'Los mensajes se envían pero no se entregan',
  'Jobs failed: {about}': 'Tareas fallidas: {about}',
  'Most drop-off is before sending: a slow or failing channel, or customers without one.':
    'La mayor parte del abandono es antes del envío: un canal lento o con errores, o clientes sin ninguno.',
  'Most drop-off is in delivery: outdated addresses, or a provider that rejects messages.':
    'La mayor parte del abandono es en la entrega: direcciones antiguas o un proveedor que rechaza mensajes.',
  'Most often: {reason} ({n})': 'El más frecuente: {reason} ({n})',
  'No answer': 'Sin respuesta',
  'No counter has drifted. Rows compared: {n}':
    'Ningún contador se ha desviado. Filas comparadas: {n}',
  'No message in this period': 'Ningún mensaje en este periodo',
  'No numbers on these days.': 'Sin datos en estos días.',
  'There is no control group to compare with. Set one for the next campaign.':
    'No hay grupo de control con el que comparar. Define uno para la próxima campaña.',
  'Not processed': 'Sin procesar',
  'not yet': 'aún no',
  'There is not enough data yet.': 'Aún no hay datos suficientes.',
  'Nothing has been recounted yet. It is done each night.':
    'Aún no se ha recontado nada. Se hace cada noche.',
  'Nothing is overdue.': 'No hay nada atrasado.',
  'Profit assumes a {n}% margin. Change it in Settings → Costs.':
    'La ganancia supone un margen del {n}\u00a0%. Cámbialo en Ajustes → Costos.',
  '{n} of every 100 issued vouchers were redeemed.':
    'De cada 100 cupones emitidos se canjearon {n}.',
  'of attempts': 'de los intentos',
  'of orders with a voucher': 'de pedidos con cupón',
  'Share of first stage': 'Parte de la primera etapa',
  'Open vouchers are expected to cost about {cost}, in {n} redemptions.':
    'Se espera que los cupones abiertos cuesten unos {cost}, en {n} canjes.',
  '{share} of vouchers at stage “{stage}” go no further.':
    'El {share} de los cupones en la etapa “{stage}” no avanza más.',
  'ordered': 'pidieron',
  'Orders': 'Pedidos',
  'Period': 'Periodo',
  'Incremental profit': 'Ganancia incremental',
  'incremental profit: {value}, {bounds}': 'ganancia incremental: {value}, {bounds}',
  'Push messages to send': 'Notificaciones push por enviar',
  'Postponed': 'Aplazados',
  'Postponed, will be retried': 'Aplazados, se reintentarán',
  'Queue': 'Cola',
  'Queues': 'Colas',
  'Queues are processed, nothing has failed or stalled.':
    'Las colas se procesan; nada ha fallado ni se ha detenido.',
  'See the reasons in Failed jobs, fix the cause, then retry them.':
    'Mira los motivos en Tareas fallidas, corrige la causa y luego reinténtalas.',
  'Reason': 'Motivo',
  'Recount now': 'Recontar ahora',
  'redeemed': 'canjeados',
  'redeemed of issued': 'canjeados de emitidos',
  'redeemed of sent': 'canjeados de enviados',
  'Refused': 'Rechazados',
  'Refused or bounced': 'Rechazados o rebotados',
  'Expired or revoked': 'Caducados o revocados',
  'Repair the counters': 'Reparar los contadores',
  'Repaired': 'Reparado',
  'Revenue and cost by day, {currency}': 'Ingresos y costo por día, {currency}',
  'Incremental revenue': 'Ingresos incrementales',
  'Accurate to about 40%, because times are counted in steps.':
    'Precisión de un 40\u00a0% aproximadamente, porque los tiempos se cuentan por tramos.',
  'Rows repaired: {n}': 'Filas reparadas: {n}',
  'See bounces in delivery; find out where these addresses come from.':
    'Mira los rebotes en Entrega y averigua de dónde vienen estas direcciones.',
  'See the failures by reason in delivery, and what waits in pending triggers.':
    'Mira los errores por motivo en Entrega y lo que espera en Activaciones pendientes.',
  'See the skip reasons on the campaign’s page, and compare its channels with these customers’ consents.':
    'Mira los motivos de omisión en la página de la campaña y compara sus canales con los consentimientos de estos clientes.',
  'vs. previous period': 'frente al periodo anterior',
  'SMS to send': 'SMS por enviar',
  'Some of their 28 days are still to come: until {day} this is the state so far.':
    'Aún faltan algunos de sus 28 días: hasta el {day} este es el estado provisional.',
  'Something has stalled': 'Algo se detuvo',
  'Action needed': 'Requiere intervención',
  'System health': 'Salud del sistema',
  'Lower than in the previous period ({share}).': 'Menos que en el periodo anterior ({share}).',
  'Higher than in the previous period ({share}).': 'Más que en el periodo anterior ({share}).',
  'The empty ones too': 'También las vacías',
  'the oldest': 'más antiguo',
  'The provider often does not answer: {share} of the attempts.':
    'El proveedor no responde a menudo: {share} de los intentos.',
  'The system is healthy': 'El sistema funciona bien',
  'One group is too small: each needs at least 100 customers.':
    'Un grupo es demasiado pequeño: cada uno necesita al menos 100 clientes.',
  'There are too few redemptions for a forecast.': 'Hay pocos canjes para hacer una previsión.',
  'There is more than is shown.': 'Hay más de lo que se muestra.',
  'Too few vouchers to show where customers drop off.':
    'Hay pocos cupones para mostrar dónde abandonan los clientes.',
  'Too few have ordered since: each group needs at least 20.':
    'Pocos han pedido desde entonces: cada grupo necesita al menos 20.',
  'too few to say': 'muy pocos para saberlo',
  'Too many addresses bounce: {share}. Providers stop senders for this.':
    'Demasiadas direcciones rebotan: {share}. Los proveedores bloquean a los remitentes por esto.',
  'Too many are refused: {share} of the attempts.':
    'Se rechazan demasiados: {share} de los intentos.',
  'Too many complaints: {share}. Providers stop senders for this.':
    'Demasiadas quejas: {share}. Los proveedores bloquean a los remitentes por esto.',
  'Vouchers are issued but no message is sent': 'Se emiten cupones pero no se envía ningún mensaje',
  'Vouchers by day': 'Cupones por día',
  'Way': 'Tramo',
  'week of {day}': 'semana del {day}',
  'Results': 'Resultados',
  'Work of paused campaigns stays due until they are resumed.':
    'El trabajo de las campañas pausadas sigue pendiente hasta que se reanuden.',
  'Spending varies too much for a group of this size.':
    'El gasto varía demasiado para un grupo de este tamaño.',
  'What differed': 'Qué difería',
  'The two sides are uneven': 'Los dos lados no son comparables',
  'The control group has {n} customers where about {expected} were expected. This is unlikely to be chance: find the cause before you trust the comparison.':
    'El grupo de control tiene {n} clientes donde se esperaban unos {expected}. Es improbable que sea casualidad: busca la causa antes de fiarte de la comparación.',
  'Incremental effect': 'Efecto incremental',
  'See campaign performance': 'Ver rendimiento de campañas',
  'How providers handled your messages: accepted, failed and why, and how long it takes.':
    'Cómo trataron los proveedores tus mensajes: aceptados, fallidos y por qué, y cuánto tardan.',
  'What went wrong, by day': 'Qué falló, por día',
  'Where customers drop off': 'Dónde abandonan los clientes',
  'The health of the system. Queues and overdue work are shown as of now; daily numbers follow the period.':
    'La salud del sistema. Las colas y el trabajo atrasado se muestran como están ahora; los datos diarios siguen el periodo.',
  'Work': 'Trabajo',
  'Processing continues, but some jobs failed. See Failed jobs.':
    'El proceso continúa, pero algunas tareas fallaron. Consulta Tareas fallidas.',
  'A recovery job is not running: {about}': 'Una tarea de recuperación no se ejecuta: {about}',
  'A queue or a job has stalled. Nothing is lost, but customers are waiting.':
    'Una cola o una tarea se detuvo. No se pierde nada, pero hay clientes en espera.',
  '{channel}: from there to the customer': '{channel}: desde allí hasta el cliente',
  '{channel}: until the provider has it': '{channel}: hasta que llega al proveedor',
  '{n}% accepted': '{n}\u00a0% aceptado',
  '{n} counters are wrong by the same amount as the time before: that is drift.':
    '{n} contadores tienen el mismo error que la vez anterior: eso es una desviación.',
  '{n} of {of} vouchers were redeemed, on orders worth {revenue}, for {cost}.':
    'Se canjearon {n} de {of} cupones, en pedidos por {revenue}, con un costo de {cost}.',
  '{own}% reach this stage, compared with {others}% in your other campaigns.':
    'El {own}\u00a0% llega a esta etapa, frente al {others}\u00a0% en tus otras campañas.',
  '“Delivered” is what the provider says; some never do. A put-off message is tried again.':
    '“Entregado” es lo que dice el proveedor; algunos nunca lo hacen. Un mensaje aplazado se reintenta.',
  'the sender is not verified': 'el remitente no está verificado',
  'the account is still in test mode': 'la cuenta sigue en modo de prueba',
  'the provider has paused the account': 'el proveedor ha pausado la cuenta',
  'the account is suspended': 'la cuenta está suspendida',
  'a permission is missing': 'falta un permiso',
  'the credentials were refused': 'las credenciales se rechazaron',
  'a setting at the provider is missing': 'falta un ajuste en el proveedor',
  'the push service is switched off': 'el servicio push está desactivado',
  'no sender number or name': 'no hay número ni nombre de remitente',
  'an encryption key cannot be used': 'no se puede usar una clave de cifrado',
  'the monthly spending limit is reached': 'se alcanzó el límite de gasto mensual',
  'the daily quota is used up': 'se agotó la cuota diaria',
  'too many messages failed': 'fallaron demasiados mensajes',
  'Sending by channel': 'Envío por canal',
  'Cause': 'Causa',
  'Next try': 'Próximo intento',
  'While sending is stopped, messages wait: no customer loses one, and none is sent on another channel. It resumes by itself once a message gets through.':
    'Mientras el envío está detenido, los mensajes esperan: ningún cliente pierde el suyo y ninguno sale por otro canal. Se reanuda solo en cuanto pasa un mensaje.',
  'stopped': 'detenido',
  'sending': 'enviando',
  '{n} of {of}': '{n} de {of}',
  'Resume sending': 'Reanudar el envío',
  'Sending has stopped: {about}': 'El envío se ha detenido: {about}',
  'Ask your system operator to fix the cause. Messages wait and are sent afterwards.':
    'Pide al responsable del sistema que corrija la causa. Los mensajes esperan y se envían después.',
  'Sending pauses: {about}': 'El envío hace una pausa: {about}',
  'Nothing to do: it resumes by itself.': 'Nada que hacer: se reanuda solo.',
  'Today, of the daily limit': 'Hoy, del límite diario',
  'Daily limit reached: {about}': 'Límite diario alcanzado: {about}',
  'Nothing to do: the other messages are sent from the next day on.':
    'Nada que hacer: los demás mensajes se envían desde el día siguiente.',
}
