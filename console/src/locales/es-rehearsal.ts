// Holds the Spanish of rehearsals and of predictions beside what happened.

export const esRehearsal: Record<string, string> = {
  'Customers read': 'Clientes leídos',
  'The campaign is still running.': 'La campaña aún está en curso.',
  'The campaign was changed after the rehearsal.': 'La campaña se modificó después del ensayo.',
  'There were more or fewer customers at the launch.':
    'En el lanzamiento había más o menos clientes.',
  'The rehearsal was more than a day old at the launch.':
    'El ensayo tenía más de un día en el lanzamiento.',
  'Some customers could not be processed.': 'No se pudo procesar a algunos clientes.',
  'Predicted and happened': 'Previsión y resultado',
  'Rehearsed': 'Ensayado',
  'Predicted': 'Previsto',
  'Happened': 'Ocurrido',
  'Difference': 'Diferencia',
  'The rehearsal was stopped.': 'El ensayo se detuvo.',
  'The rehearsal did not finish. Start it again.': 'El ensayo no terminó. Inícialo de nuevo.',
  'Rehearsal': 'Ensayo',
  'Decides about every customer as the launch would, and sends nothing.':
    'Decide sobre cada cliente como lo haría el lanzamiento y no envía nada.',
  'The campaign was changed since this rehearsal.':
    'La campaña se ha modificado desde este ensayo.',
  'Rehearse again': 'Ensayar de nuevo',
  'Rehearse the launch': 'Ensayar el lanzamiento',
  'Progress of the rehearsal': 'Progreso del ensayo',
  '{n} customers counted so far. The estimate is scaled to everybody.':
    '{n} clientes contados hasta ahora. La estimación se extrapola a todos.',
  '{n} customers, everybody, counted.': '{n} clientes contados: todos.',
  'Message cost': 'Costo de los mensajes',
  'Time until all are sent': 'Tiempo hasta enviarlos todos',
  'at today’s rates, with quiet hours': 'al ritmo de envío actual, con horas de silencio',
  'First message by channel': 'Primer mensaje por canal',
  'Customers who get no voucher': 'Clientes sin cupón',
  'Most frequent verticals': 'Verticales más frecuentes',
  'Most frequent cities': 'Ciudades más frecuentes',
  'Other campaigns for the same customers': 'Otras campañas para los mismos clientes',
  'There are too many customers to count here: the rehearsal counts all of them.':
    'Hay demasiados clientes para contarlos aquí: el ensayo los cuenta todos.',
  'A rehearsal less than a day old can stand for a limit':
    'Un ensayo de menos de un día puede valer como límite',
  'A launch that it counted at or under a threshold needs no approval for it.':
    'Un lanzamiento que el ensayo cuenta en el umbral o por debajo no necesita aprobación por él.',
  'Stop the rehearsal': 'Detener el ensayo',
  'Save the draft to rehearse its launch on all customers.':
    'Guarda el borrador para ensayar su lanzamiento con todos los clientes.',
}
