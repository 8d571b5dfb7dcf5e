// Holds the Spanish of the readiness of the AWS account.

export const esReadiness: Record<string, string> = {
  'Readiness': 'Disponibilidad de la cuenta',
  'Whether the AWS account behind this system can send what a campaign needs: quotas, identities, spend limits, alarms and backups.':
    'Si la cuenta de AWS de este sistema puede enviar lo que necesita una campaña: cuotas, identidades, límites de gasto, alarmas y copias de seguridad.',
  'The account hasn’t been checked yet': 'La cuenta aún no se ha comprobado',
  'The engineer who deployed this system checks it with the command below. Until then nothing is known, and no launch is refused.':
    'La persona que desplegó este sistema la comprueba con el comando de abajo. Hasta entonces no se sabe nada y no se rechaza ningún lanzamiento.',
  'Measured against a campaign of {n} messages.': 'Medido para una campaña de {n} mensajes.',
  'Check': 'Comprobación',
  'Measured': 'Medido',
  'Needed': 'Necesario',
  'Checked': 'Comprobado',
  'This file isn’t the output of make preflight JSON=1.':
    'Este archivo no es la salida de make preflight JSON=1.',
  'The new answers are stored.': 'Las nuevas respuestas se han guardado.',
  'Check the account again': 'Volver a comprobar la cuenta',
  'Run this in the project’s folder with credentials for the AWS account. It changes nothing in the account.':
    'Quien tenga credenciales de la cuenta de AWS ejecuta esto en la carpeta del proyecto. No cambia nada en la cuenta.',
  'If those credentials can’t write to this system, run it with JSON=1 instead of STORE=1 and upload the output.':
    'Si esas credenciales no pueden escribir en este sistema, ejecútalo con JSON=1 en lugar de STORE=1 y sube la salida.',
  'Upload the output': 'Subir la salida',
  'Couldn’t store the answers': 'No se han podido guardar las respuestas',
  'Platform': 'Plataforma',
  'Operations': 'Operaciones',
  'In the way': 'Impide lanzar',
  'Not known': 'Desconocido',
  'Worth a look': 'Conviene revisar',
  'Good': 'Correcto',
  'Not checked': 'Sin comprobar',
  'Nothing is known about the account.': 'No se sabe nada de la cuenta.',
  'Not ready': 'No está lista',
  'Campaigns that depend on what is in the way can’t be launched above {n} customers until it is mended and checked again.':
    'Las campañas que dependen de lo que falla no se pueden lanzar para más de {n} clientes hasta que se corrija y se vuelva a comprobar.',
  'Not fully known': 'No se conoce del todo',
  'Nothing is in the way, but part of the account couldn’t be asked.':
    'Nada lo impide, pero no se ha podido consultar una parte de la cuenta.',
  'Checked too long ago': 'Comprobada hace demasiado tiempo',
  'Nothing was in the way, more than a week ago. Quotas and identities change: check again.':
    'Hace más de una semana nada lo impedía. Las cuotas y las identidades cambian: vuelve a comprobarla.',
  'Ready': 'Lista',
  'Nothing is in the way of a launch.': 'Nada impide un lanzamiento.',
  'The AWS account isn’t ready for this campaign':
    'La cuenta de AWS no está lista para esta campaña',
  'It can’t be launched above {n} customers until this is mended and the account is checked again.':
    'No se puede lanzar para más de {n} clientes hasta que se corrija esto y se vuelva a comprobar la cuenta.',
}
