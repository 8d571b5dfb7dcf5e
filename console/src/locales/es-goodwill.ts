// Holds the Spanish of goodwill, orders and carts.

export const esGoodwill: Record<string, string> = {
  'A cap of the campaign is reached.': 'Se alcanzó un límite de la campaña.',
  'A marketer can create one.': 'La puede crear alguien de marketing.',
  'Add a line': 'Añadir una línea',
  'Amount of the line': 'Importe de la línea',
  'Cart': 'Carrito',
  'Category': 'Categoría',
  'Maximum cost of a voucher': 'Costo máximo de un cupón',
  'Delivery fee': 'Costo de envío',
  'Discount reversed': 'Descuento revertido',
  'Each voucher alone': 'Cada cupón por separado',
  'Support chooses each customer, so there is no audience rule.':
    'Soporte elige a cada cliente, así que no hay regla de audiencia.',
  'Extend': 'Ampliar',
  'extended a voucher': 'amplió un cupón',
  'Counts the vouchers of all operators.': 'Cuenta los cupones de todos los operadores.',
  'Full price': 'Precio completo',
  'Goodwill': 'Cortesía',
  'Maximum goodwill vouchers in 30 days': 'Máximo de cupones de cortesía en 30 días',
  'Goodwill: issued manually by support': 'Cortesía: los emite soporte manualmente',
  'Issue a voucher': 'Emitir un cupón',
  'Reissue': 'Volver a emitir',
  'Issue goodwill vouchers, extend and reissue vouchers':
    'Emitir cupones de cortesía, ampliar cupones y volver a emitirlos',
  'issued a goodwill voucher': 'emitió un cupón de cortesía',
  'reissued a voucher': 'volvió a emitir un cupón',
  'Does not apply': 'No se aplica',
  'First order of this customer': 'Primer pedido de este cliente',
  'Last day': 'Último día',
  'Maximum validity (days from today)': 'Validez máxima (días desde hoy)',
  'Line {id}': 'Línea {id}',
  'Lines': 'Líneas',
  'Merchant': 'Comercio',
  'No goodwill campaign is enabled. It is an autopilot with the trigger “Goodwill”.':
    'No hay ninguna campaña de cortesía activa. Es una campaña automática con el activador “Cortesía”.',
  'No orders on record.': 'No hay pedidos registrados.',
  'No voucher applies to this cart.': 'Ningún cupón se aplica a este carrito.',
  'There is no control group: every voucher that support issues goes to its customer.':
    'No hay grupo de control: cada cupón que emite soporte va a su cliente.',
  'Vouchers of this campaign can’t be issued manually.':
    'Los cupones de esta campaña no se pueden emitir manualmente.',
  'Nothing triggers this autopilot. Once it is enabled, support issues its vouchers to one customer at a time on the customer’s page in Diagnostics. It has no send hour, delay or re-entry limit; each group’s limits are in Settings.':
    'Nada activa esta campaña automática. Una vez activa, soporte emite sus cupones a un cliente cada vez, en la página del cliente en Diagnóstico. No tiene hora de envío, espera ni límite de reentrada; los límites de cada grupo están en Ajustes.',
  'Nothing triggers this autopilot. Once it is enabled, support can issue its vouchers.':
    'Nada activa esta campaña automática. Una vez activa, soporte puede emitir sus cupones.',
  'In the customer’s time zone: {zone}.': 'En la zona horaria del cliente: {zone}.',
  'In the customer’s time zone: {zone}. Leave blank to use the campaign’s validity.':
    'En la zona horaria del cliente: {zone}. Déjalo en blanco para usar la validez de la campaña.',
  'On this cart': 'En este carrito',
  'Order cancelled': 'Pedido cancelado',
  'Order id': 'Id del pedido',
  'Order placed': 'Pedido hecho',
  'Placed': 'Hecho',
  'Quantity': 'Cantidad',
  'Refunded': 'Reembolsado',
  'issued manually by support': 'emitido manualmente por soporte',
  'The best together': 'La mejor combinación',
  'A checkout holds this voucher. Try again in an hour.':
    'Este cupón está reservado por un pago. Inténtalo de nuevo dentro de una hora.',
  'The customer can still redeem this voucher. Extend it instead.':
    'El cliente aún puede canjear este cupón. Amplíalo en su lugar.',
  'The customer gets a voucher of a goodwill campaign now, within the limits of your group.':
    'El cliente recibe ahora un cupón de una campaña de cortesía, dentro de los límites de tu grupo.',
  'The customer gets another voucher of the same campaign. This can be done once for each voucher.':
    'El cliente recibe otro cupón de la misma campaña. Se puede hacer una vez por cupón.',
  'The customer pays in another currency: it would never apply.':
    'El cliente paga en otra moneda: nunca se aplicaría.',
  'The customer doesn’t have this voucher.': 'El cliente no tiene este cupón.',
  'The highest discount of its offer. Leave blank for no limit.':
    'El descuento más alto de su oferta. Déjalo en blanco para no poner límite.',
  'The voucher is already valid until {until}.': 'El cupón ya es válido hasta el {until}.',
  'The voucher can be accepted and, once accepted, used until the end of that day. No message is sent.':
    'El cupón se puede aceptar y, una vez aceptado, usar hasta el final de ese día. No se envía ningún mensaje.',
  'Voucher issued. No message is sent; it is in the customer’s wallet.':
    'Cupón emitido. No se envía ningún mensaje; está en la cartera del cliente.',
  'Voucher issued. The customer is notified by {channel}.':
    'Cupón emitido. El cliente recibe un aviso por {channel}.',
  'The voucher is already valid that long.': 'El cupón ya es válido hasta entonces.',
  'The voucher is now valid until {until}.': 'El cupón es ahora válido hasta el {until}.',
  'The voucher would expire immediately.': 'El cupón caducaría de inmediato.',
  'The vouchers of this campaign are revoked.': 'Los cupones de esta campaña están revocados.',
  'This customer has too many vouchers to try every combination. A better one may exist.':
    'Este cliente tiene demasiados cupones para probar todas las combinaciones. Puede existir una mejor.',
  'This customer has no open vouchers.': 'Este cliente no tiene cupones abiertos.',
  'This campaign issues no vouchers now.': 'Esta campaña no emite cupones ahora.',
  'This is above your group’s limit.': 'Supera el límite de tu grupo.',
  'This voucher has expired. Reissue it instead.': 'Este cupón caducó. Vuelve a emitirlo.',
  'This voucher is redeemed.': 'Este cupón ya se canjeó.',
  'This voucher was already issued. Nothing is issued twice.':
    'Este cupón ya se había emitido. Nada se emite dos veces.',
  'Total to pay': 'Total a pagar',
  'Try a cart': 'Probar un carrito',
  'Try it': 'Probar',
  'Maximum vouchers per day': 'Máximo de cupones por día',
  'Limits on vouchers that operators issue manually, reissue or extend for one customer. They apply to each operator of the group; administrators have no limits.':
    'Límites de los cupones que los operadores emiten manualmente, vuelven a emitir o amplían para un cliente. Se aplican a cada operador del grupo; los administradores no tienen límites.',
  'Limits for marketers': 'Límites para marketing',
  'Limits per customer': 'Límites por cliente',
  'Limits for support': 'Límites para soporte',
  'Shows the discount their vouchers would give at checkout now. Nothing is held or redeemed.':
    'Muestra el descuento que darían ahora sus cupones al pagar. No se reserva ni se canjea nada.',
  '{amount} more needed': 'faltan {amount}',
  'Applies when a voucher is extended or issued with its own last day.':
    'Se aplica cuando un cupón se amplía o se emite con un último día propio.',
}
