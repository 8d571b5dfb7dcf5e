// Holds the Spanish of form inputs and their errors.
import type { TranslationTable } from './i18n'

export const esForms: TranslationTable = {
  '{n} campaigns are too new to judge.': {
    one: '{n} campaña es demasiado nueva para juzgarla.',
    many: '{n} de campañas son demasiado nuevas para juzgarlas.',
    other: '{n} campañas son demasiado nuevas para juzgarlas.',
  },
  '{n} customers': { one: '{n} cliente', many: '{n} de clientes', other: '{n} clientes' },
  '{n} days': { one: '{n} día', many: '{n} de días', other: '{n} días' },
  '{n} hours': { one: '{n} hora', many: '{n} de horas', other: '{n} horas' },
  '{n} other currencies': {
    one: '{n} moneda más',
    many: '{n} de monedas más',
    other: '{n} monedas más',
  },
  '{n} places': { one: '{n} lugar', many: '{n} de lugares', other: '{n} lugares' },
  '{n} redemptions on orders worth {revenue}, for {cost}.':
    '{n} canjes en pedidos por {revenue}, con un costo de {cost}.',
  '{n} vouchers': { one: '{n} cupón', many: '{n} de cupones', other: '{n} cupones' },
  '{time} before expiry': '{time} antes de caducar',
  '{time} from issue': '{time} desde la emisión',
  '{time} in {zone}': '{time} en {zone}',
  '{used} of {most} characters': '{used} de {most} caracteres',
  'A stage can count more than were issued: vouchers of earlier days, and vouchers that were redeemed again after a cancelled order. It has no percentage then.':
    'Una etapa puede contar más de lo emitido: cupones de días anteriores y cupones canjeados de nuevo tras un pedido cancelado. En ese caso no tiene porcentaje.',
  '{days} before the customer’s {name}': '{days} antes de la fecha {name} del cliente',
  'accept within {accept}, then redeem within {time}':
    'aceptar en {accept} y canjear luego en {time}',
  'at least {n} days ago': {
    one: 'hace al menos {n} día',
    many: 'hace al menos {n} de días',
    other: 'hace al menos {n} días',
  },
  'at most {n} days ago': {
    one: 'hace como máximo {n} día',
    many: 'hace como máximo {n} de días',
    other: 'hace como máximo {n} días',
  },
  'no order for {days}': 'sin pedidos durante {days}',
  'no order in {vertical} for {days}': 'sin pedidos en {vertical} durante {days}',
  'of {customers}': 'de {customers}',
  'on the customer’s {name}': 'en la fecha {name} del cliente',
  'one of {n} listed customers': {
    one: 'es el {n} cliente de la lista',
    many: 'uno de los {n} de clientes de la lista',
    other: 'uno de los {n} clientes de la lista',
  },
  'within {km} km of {places}': 'a menos de {km} km de {places}',
  'Accept within': 'Aceptar en',
  'accented and non-Latin letters count more': 'los caracteres acentuados y no latinos cuentan más',
  'by channel order, prices and SMS segments':
    'según el orden de canales, los precios y los segmentos de SMS',
  'Compared as a number.': 'Se compara como número.',
  'Compared as text.': 'Se compara como texto.',
  'Compared as true or false.': 'Se compara como verdadero o falso.',
  'Couldn’t complete this': 'No se pudo completar',
  'Couldn’t save': 'No se pudo guardar',
  'Creates two drafts that you can edit: the win-back autopilot, and a promotion of your choice. Nothing is sent.':
    'Crea dos borradores que puedes editar: la campaña automática de recuperación y una promoción de tu elección. No se envía nada.',
  'days': 'días',
  'Days of {zone}': 'Días de {zone}',
  'Details': 'Detalles',
  'Discard changes': 'Descartar cambios',
  'Enter a number, such as {example}.': 'Escribe un número, por ejemplo {example}.',
  'Enter a whole number.': 'Escribe un número entero.',
  'Every selected customer got one.': 'Todos los clientes seleccionados recibieron uno.',
  'Fix {n} issues': {
    one: 'Corregir {n} problema',
    many: 'Corregir {n} de problemas',
    other: 'Corregir {n} problemas',
  },
  'Fixed since the launch': 'Fijado desde el lanzamiento',
  'Groups of conditions': 'Grupos de condiciones',
  'hours': 'horas',
  'In each customer’s time zone.': 'En la zona horaria de cada cliente.',
  'Mail apps remove scripts: nothing in a script runs.':
    'Los programas de correo eliminan los scripts: nada dentro de uno se ejecuta.',
  'Maximum': 'Máximo',
  'Maximum discount': 'Descuento máximo',
  'Messages in {language}': 'Mensajes en {language}',
  'Minimum': 'Mínimo',
  'Name, description, end and caps of a launched campaign can change.':
    'De una campaña lanzada se pueden cambiar el nombre, la descripción, el fin y los límites.',
  'No message in this language': 'Sin mensaje en este idioma',
  'Not a place: “{line}”. Enter latitude, longitude.':
    'No es un lugar: “{line}”. Escribe latitud, longitud.',
  'Not customer ids: {list}': 'No son ids de cliente: {list}',
  'Not found': 'No encontrado',
  'Not translated yet: these are the texts of the default language.':
    'Sin traducir aún: estos son los textos del idioma predeterminado.',
  'Offer, audience, messages and schedule can no longer change. Clone to change them.':
    'La oferta, la audiencia, los mensajes y el calendario ya no se pueden cambiar. Duplica la campaña para cambiarlos.',
  'Profile': 'Perfil',
  'Redeem within': 'Canjear en',
  'Select a text first.': 'Selecciona antes un texto.',
  'Searching…': 'Buscando…',
  'Send before expiry': 'Enviar antes de caducar',
  'Shorten this by {n}.': 'Acórtalo en {n}.',
  'The clock goes back and shows this time twice. This is the one at {offset}.':
    'El reloj se atrasa y muestra esta hora dos veces. Esta es la de {offset}.',
  'The clock goes forward and skips {time}. This is {shown}.':
    'El reloj se adelanta y salta las {time}. Esta es {shown}.',
  'Then redeem within': 'Luego canjear en',
  'These lines have {n} columns. Paste the column with the ids alone.':
    'Estas líneas tienen {n} columnas. Pega solo la columna con los ids.',
  'They get it only when its trigger applies.': 'Lo reciben solo cuando se cumple su activador.',
  'This can mean {one} or {other}. Enter one of these.':
    'Puede significar {one} o {other}. Escribe uno de los dos.',
  'Too early to judge: this needs {n} vouchers that are at least a day old.':
    'Es pronto para juzgar: hacen falta {n} cupones con al menos un día de antigüedad.',
  'Unit of “{field}”': 'Unidad de “{field}”',
  'Use {n} characters or fewer.': 'Usa {n} caracteres o menos.',
  'Use up to {n} decimal places.': 'Usa hasta {n} decimales.',
}
