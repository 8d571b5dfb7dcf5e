// Holds the Spanish of settings, approvals, rights and API keys.

export const esGovernance: Record<string, string> = {
  'Use the phone’s country for customers without a time zone':
    'Usar el país del teléfono para clientes sin zona horaria',
  'a property': 'una propiedad',
  'Percentages apply to': 'Los porcentajes se aplican a',
  'Approve campaigns above a threshold that others wrote':
    'Aprobar campañas de otros por encima de un umbral',
  'An approver who did not write it approves it here. Any edit needs a new approval. Below the threshold, no approval is needed.':
    'Un aprobador que no la haya escrito la aprueba aquí. Cada cambio requiere una nueva aprobación. Por debajo del umbral no hace falta.',
  'Approvals': 'Aprobaciones',
  'Approve': 'Aprobar',
  'Approved by {name}': 'Aprobada por {name}',
  'Approved. It can start now.': 'Aprobada. Ya puede empezar.',
  'Ask someone in the approver group.': 'Pídelo a alguien del grupo approver.',
  'became': 'pasó a',
  'Before discounts and message costs. Used to compute the profit of additional sales.':
    'Antes de descuentos y costos de mensajes. Sirve para calcular la ganancia de las ventas adicionales.',
  'behind by': 'retraso',
  'Best and worst': 'Mejores y peores',
  'Change settings and webhooks': 'Cambiar ajustes y webhooks',
  'Open vouchers are as of today; redeemed, expired and revoked ones are of this period. Still to come is estimated from the campaigns’ own redemptions, from 20 on.':
    'Los cupones abiertos son los de hoy; los canjeados, caducados y revocados, los de este periodo. Lo pendiente se estima con los canjes de las propias campañas, a partir de 20.',
  'Costs': 'Costos',
  'Counting vouchers into the reports': 'Contar los cupones en los informes',
  'Currency': 'Moneda',
  'Currency and time zone': 'Moneda y zona horaria',
  'Customers': 'Clientes',
  'Earned least': 'Ganaron menos',
  'Earned most': 'Ganaron más',
  'Leave blank for no threshold.': 'Déjalo en blanco para no poner umbral.',
  'Fixed amounts': 'Importes fijos',
  'Free delivery always comes last.': 'El envío gratis va siempre al final.',
  'Groups': 'Grupos',
  'is a number': 'es un número',
  'Its possible cost is above the approval threshold.':
    'Su costo posible supera el umbral de aprobación.',
  'It may reach more customers than the approval threshold.':
    'Puede llegar a más clientes que el umbral de aprobación.',
  'Approval required': 'Requiere aprobación',
  'its days are those of the reports': 'sus días son los de los informes',
  'Quiet hours of this campaign': 'Horas de silencio de esta campaña',
  'Its secret was changed': 'Se cambió su secreto',
  'Last run': 'Última ejecución',
  'Recovering stalled work': 'Recuperar trabajo detenido',
  'Create, edit, clone, launch, pause and cancel campaigns':
    'Crear, editar, duplicar, lanzar, pausar y cancelar campañas',
  'Margin': 'Margen',
  'No campaign can be judged yet. A campaign needs about 1,000 customers, including a control group, and some orders.':
    'Aún no se puede juzgar ninguna campaña. Hacen falta unos 1000 clientes, con un grupo de control, y algunos pedidos.',
  'No discount takes more than the ones before it have left.':
    'Ningún descuento quita más de lo que dejaron los anteriores.',
  'No quiet hours are set.': 'No hay horas de silencio.',
  'No quiet hours were saved yet, so these defaults apply on every channel until an administrator saves others.':
    'Aún no se han guardado horas de silencio, así que estas predeterminadas valen en todos los canales hasta que un administrador guarde otras.',
  'Stay within your provider’s limits. Leave blank for the default of the deployment ({list}).':
    'No superes los límites de tu proveedor. Déjalo en blanco para usar el valor predeterminado del sistema ({list}).',
  'Quiet hours from Settings apply, in each customer’s time zone: {list}.':
    'Se aplican las horas de silencio de Ajustes, en la zona horaria de cada cliente: {list}.',
  'Gross margin (%)': 'Margen bruto (%)',
  'One e-mail': 'Un correo',
  'One push message': 'Una notificación push',
  'One SMS segment': 'Un segmento de SMS',
  'A test address from Settings.': 'Una dirección de prueba de Ajustes.',
  'Only vouchers of offers that combine go on the same order; each campaign says what its offer combines with.':
    'Solo van en el mismo pedido los cupones cuyas ofertas se combinan; cada campaña indica con qué se combina su oferta.',
  'Only the newest were looked at.': 'Solo se examinaron las más recientes.',
  'Minimum orders': 'Pedidos mínimos',
  'Above either threshold, an approver who did not write the campaign must approve it before it starts. The campaign’s own limits count: without a limit it needs approval.':
    'Por encima de cualquiera de los dos umbrales, un aprobador que no haya escrito la campaña debe aprobarla antes de que empiece. Cuentan los límites de la propia campaña: sin límite necesita aprobación.',
  'Parts changed: {n}': 'Partes cambiadas: {n}',
  'Percentages': 'Porcentajes',
  'Add quiet hours for this campaign': 'Añadir horas de silencio para esta campaña',
  'Removed.': 'Eliminado.',
  'Reports count by them, so they are part of the deployment. To change them, deploy with other values of the parameters {list}; amounts and days that are counted stay as they are.':
    'Los informes cuentan con ellos, por eso forman parte de la instalación. Para cambiarlos, instala con otros valores de los parámetros {list}; los importes y días ya contados no cambian.',
  'Used for every report, including past periods. Leave blank for the default (shown in grey).':
    'Se usa en todos los informes, también de periodos pasados. Déjalo en blanco para el valor predeterminado (en gris).',
  'Retry failed jobs; recount and repair counters':
    'Reintentar tareas fallidas; recontar y reparar contadores',
  'Upload images, send tests; retry and drop pending triggers':
    'Subir imágenes, enviar pruebas; reintentar y descartar activaciones pendientes',
  'Sending due messages': 'Enviar los mensajes que tocan',
  'Several vouchers': 'Varios cupones',
  'Several vouchers on one order': 'Varios cupones en un pedido',
  'Minimum spend': 'Gasto mínimo',
  'Still to come': 'Aún pendiente',
  'Applied first': 'Se aplican primero',
  'The first three run each minute; counting runs when a voucher changes, and its delay is that of the last change.':
    'Los tres primeros se ejecutan cada minuto; el recuento se ejecuta cuando cambia un cupón y su retraso es el del último cambio.',
  'the previous one stays valid for a day after that.':
    'el anterior sigue siendo válido un día más.',
  'Original prices': 'Precios originales',
  'Reduced prices': 'Precios reducidos',
  'Vertical they already order from': 'Vertical en la que ya piden',
  'Vertical to try': 'Vertical que probar',
  'Only administrators see the list, because it has people’s addresses. You can send a test to a listed address by typing it in the wizard.':
    'Solo los administradores ven la lista, porque contiene direcciones de personas. Puedes enviar una prueba a una dirección de la lista escribiéndola en el asistente.',
  'Default quiet hours': 'Horas de silencio predeterminadas',
  'Time zone': 'Zona horaria',
  'Maximum vouchers per order': 'Máximo de cupones por pedido',
  'What a message costs': 'Costo de un mensaje',
  'What each group may do': 'Qué puede hacer cada grupo',
  'The most that its vouchers can cost together. Leave blank for no threshold.':
    'Lo máximo que pueden costar sus cupones en conjunto. Déjalo en blanco para no poner umbral.',
  'Background jobs': 'Tareas en segundo plano',
  'What vouchers can still cost': 'Lo que aún pueden costar los cupones',
  'When approval is required': 'Cuándo se requiere aprobación',
  'Latitude, longitude': 'Latitud, longitud',
  'Applies to countries with a single time zone. In all other cases the default time zone is used: {zone}.':
    'Vale para países con una sola zona horaria. En los demás casos se usa la zona horaria predeterminada: {zone}.',
  'Autopilot schedules': 'Calendarios de campañas automáticas',
  'You are {name}': 'Sesión de {name}',
  'yours': 'el tuyo',
  '{channel}: from the scheduled time to the provider':
    '{channel}: desde la hora programada hasta el proveedor',
  '{n} of {of} campaigns of this period have enough customers to judge.':
    '{n} de {of} campañas de este periodo tienen clientes suficientes para juzgarlas.',
  '{n} redemptions': '{n} canjes',
  'API keys': 'Claves de API',
  'by the deployment': 'por la instalación',
  'Created': 'Creada',
  'customers': 'clientes',
  'In use': 'En uso',
  'Key': 'Clave',
  'Last used': 'Último uso',
  'May call': 'Puede llamar a',
  'not used yet': 'sin usar aún',
  'orders, carts, events': 'pedidos, carritos, eventos',
  'catalogue': 'catálogo',
  'Rotated': 'Rotada',
  'Rotation in progress': 'Rotación en curso',
  'Last use is updated hourly. Keys are created, rotated and revoked with':
    'El último uso se actualiza cada hora. Las claves se crean, rotan y revocan con',
  'vouchers': 'cupones',
}
