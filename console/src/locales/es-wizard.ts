// Holds the Spanish of the wizard and of the cost forecast.
import type { TranslationTable } from './i18n'

export const esWizard: TranslationTable = {
  'its own messages': 'mensajes propios',
  'Add variant': 'Añadir variante',
  'Variant {n}': 'Variante {n}',
  'Has its own offer': 'Tiene su propia oferta',
  'Divides customers among several offers, so that the report shows which one earns most. Each customer keeps one variant.':
    'Reparte a los clientes entre varias ofertas para que el informe muestre cuál gana más. Cada cliente conserva una variante.',
  'A frequency cap allows only one of the two.':
    'Un límite de frecuencia permite solo una de las dos.',
  'A frequency cap may skip the second.': 'Un límite de frecuencia puede omitir la segunda.',
  'Accept by': 'Fecha límite para aceptar',
  'After a cancelled order': 'Tras un pedido cancelado',
  'at least': 'como mínimo',
  'at most': 'como máximo',
  'Two offers apply to the same order only if each one names the other’s group.':
    'Dos ofertas se aplican al mismo pedido solo si cada una nombra el grupo de la otra.',
  'Caps': 'Límites',
  'Change the audience, limits or priority if this is not intended.':
    'Cambia la audiencia, los límites o la prioridad si no es lo previsto.',
  'Combines with': 'Se combina con',
  'Customers in common': 'Clientes en común',
  'Estimated discounts': 'Descuentos estimados',
  'if each is redeemed in full': 'si cada uno se canjea por completo',
  'Leave blank if it can’t be combined.': 'Déjalo en blanco si no se puede combinar.',
  'Leave blank for the language you are editing.':
    'Déjalo en blanco para el idioma que estás editando.',
  'Estimated from a part of the customers.': 'Estimado a partir de una parte de los clientes.',
  'Combines with groups': 'Se combina con los grupos',
  'Based on your campaigns of the last 90 days.': 'Según tus campañas de los últimos 90 días.',
  'is': 'es',
  'is there': 'existe',
  'Offer group': 'Grupo de ofertas',
  'Last active on {day}': 'Última actividad: {day}',
  'last on {day}': 'última vez: {day}',
  'Audience overlap': 'Solapamiento de audiencias',
  'Estimated message cost': 'Costo estimado de mensajes',
  'No campaign has “{text}” in its name.': 'Ninguna campaña tiene “{text}” en el nombre.',
  'no other voucher': 'ningún otro cupón',
  'No active campaign reaches these customers.': 'Ninguna campaña activa llega a estos clientes.',
  'No campaign found so far has “{text}” in its name. Select “Next” to search further.':
    'Ninguna de las campañas encontradas tiene “{text}” en el nombre. Pulsa “Siguiente” para seguir buscando.',
  'Collecting data (first 24 h)': 'Reuniendo datos (primeras 24 h)',
  'There is no message in {asked}: customers get it in {locale}.':
    'No hay mensaje en {asked}: los clientes lo reciben en {locale}.',
  'now': 'ahora',
  'Numbers are for the last 90 days. Audience: customers selected in that time. Campaigns on this page: {n}':
    'Los datos son de los últimos 90 días. Audiencia: clientes seleccionados en ese tiempo. Campañas en esta página: {n}',
  'One per line, or paste a list. Up to 1,000.': 'Uno por línea, o pega una lista. Hasta 1000.',
  'Only if': 'Solo si',
  'Property': 'Propiedad',
  'Preview language': 'Idioma de la vista previa',
  'Estimated redemptions': 'Canjes estimados',
  '{n} characters left in this segment': {
    one: 'queda {n} carácter en este segmento',
    many: 'quedan {n} de caracteres en este segmento',
    other: 'quedan {n} caracteres en este segmento',
  },
  '{n} characters': { one: '{n} carácter', many: '{n} de caracteres', other: '{n} caracteres' },
  '{n} SMS segments each': {
    one: '{n} segmento de SMS cada uno',
    many: '{n} de segmentos de SMS cada uno',
    other: '{n} segmentos de SMS cada uno',
  },
  'longest case: {n}': 'en el caso más largo: {n}',
  'Save the draft to replay past days and see how often it would have triggered.':
    'Guarda el borrador para simular días pasados y ver con qué frecuencia se habría activado.',
  'Save the draft to see which campaigns reach the same customers.':
    'Guarda el borrador para ver qué campañas llegan a los mismos clientes.',
  'Schedule': 'Calendario',
  'The other goes first.': 'La otra va primero.',
  'There is no message for {channel} in this language yet.':
    'Aún no hay mensaje para {channel} en este idioma.',
  'They can get both.': 'Pueden recibir las dos.',
  'They are the same.': 'Son iguales.',
  'This one goes first.': 'Esta va primero.',
  'Too few vouchers were issued in the last 90 days for a forecast.':
    'Se emitieron pocos cupones en los últimos 90 días para hacer una previsión.',
  'Value': 'Valor',
  'Result': 'Resultado',
  'Cost forecast': 'Previsión de costos',
  'Your changes are not saved.': 'Los cambios no se han guardado.',
  'Whichever is due first goes first.': 'Va primero la que toque antes.',
  '{share} are also eligible for “{name}”.':
    'El {share} también cumple las condiciones de “{name}”.',
  '{share} of {n} were redeemed': 'se canjeó el {share} de {n}',
  'iOS link': 'Enlace para iOS',
  'Android link': 'Enlace para Android',
  'Add a block': 'Añadir un bloque',
  'Image address': 'Dirección de la imagen',
  'An https address or an app link. Leave blank to let the app decide.':
    'Una dirección https o un enlace de la aplicación. Déjalo en blanco para que decida la aplicación.',
  'Block': 'Bloque',
  'Button': 'Botón',
  'Background colour': 'Color de fondo',
  'Dark': 'Oscuro',
  'Divider': 'Separador',
  'Leave blank for light grey.': 'Déjalo en blanco para gris claro.',
  'Leave blank for full width.': 'Déjalo en blanco para todo el ancho.',
  'Leave blank for no link.': 'Déjalo en blanco para no poner enlace.',
  'Leave blank for no button.': 'Déjalo en blanco para no poner botón.',
  'Leave blank to show the logo on a white background.':
    'Déjalo en blanco para mostrar el logotipo sobre fondo blanco.',
  'Leave blank to show the offer.': 'Déjalo en blanco para mostrar la oferta.',
  'Leave blank for the voucher’s link.': 'Déjalo en blanco para el enlace del cupón.',
  'Shown when the image is not. Many mail apps hide images at first.':
    'Se muestra cuando la imagen no se ve. Muchos programas de correo ocultan las imágenes al principio.',
  'Heading': 'Título',
  'Image': 'Imagen',
  'Link': 'Enlace',
  'Card title': 'Título de la tarjeta',
  'Light': 'Claro',
  'Logo for dark mode': 'Logotipo para el modo oscuro',
  'Blocks, in your brand’s design': 'Bloques, con el diseño de tu marca',
  'Move {block} down': 'Bajar {block}',
  'Move {block} up': 'Subir {block}',
  'For buttons and links. Button text is white or black, whichever is easier to read.':
    'Para botones y enlaces. El texto de los botones es blanco o negro, lo que se lea mejor.',
  'Paragraph': 'Párrafo',
  'Plain text': 'Texto sin formato',
  'Remove {block}': 'Eliminar {block}',
  'Card text': 'Texto de la tarjeta',
  'Body': 'Cuerpo',
  'View': 'Vista',
  'Voucher card': 'Tarjeta del cupón',
  'Alternative text': 'Texto alternativo',
  'Width in pixels': 'Ancho en píxeles',
  'Heading text': 'Texto del título',
  'Button label': 'Texto del botón',
  '{block} is now number {n}': '{block} es ahora el número {n}',
  'Exactly one of these is required.': 'Se requiere exactamente uno de estos.',
  'This isn’t allowed here.': 'No se permite aquí.',
  'A tag may have no value. Give it a default.':
    'Una etiqueta puede no tener valor. Dale uno predeterminado.',
  'This tag doesn’t exist.': 'Esta etiqueta no existe.',
  'After about an hour without an answer of the provider or a delivery report. The first message is never repeated, and the customer gets one voucher; a few customers may get two messages about it.':
    'Tras una hora aproximadamente sin respuesta del proveedor ni informe de entrega. El primer mensaje nunca se repite y el cliente recibe un solo cupón; algunos clientes pueden recibir dos mensajes sobre él.',
  'If a message’s outcome stays unknown': 'Si no se conoce el resultado de un mensaje',
  'stop': 'parar el envío',
  'Try the next channel if a message’s outcome stays unknown':
    'Probar el canal siguiente si no se conoce el resultado de un mensaje',
  'try the next channel': 'probar el canal siguiente',
  'Choose a PNG, JPEG, GIF or WebP image.': 'Elige una imagen PNG, JPEG, GIF o WebP.',
  'Or drop one here. PNG, JPEG, GIF or WebP, up to 2 MB.':
    'O suelta una aquí. PNG, JPEG, GIF o WebP, hasta 2 MB.',
  'SVG images are not shown by many mail apps. Save the image as PNG.':
    'Muchos programas de correo no muestran imágenes SVG. Guarda la imagen como PNG.',
  'The field changed during the upload. Upload the image again.':
    'El campo cambió durante la subida. Vuelve a subir la imagen.',
  'The file is damaged or incomplete. Save the image again.':
    'El archivo está dañado o incompleto. Vuelve a guardar la imagen.',
  'The file is too large. The maximum is 2 MB.':
    'El archivo es demasiado grande. El máximo es 2 MB.',
  'The image has too many pixels. Reduce it to 16 million pixels, and 8,192 on its longest side.':
    'La imagen tiene demasiados píxeles. Redúcela a 16 millones de píxeles y a 8192 en su lado más largo.',
  'This image can’t be loaded.': 'No se puede cargar esta imagen.',
  'Upload image': 'Subir imagen',
  'Uploaded.': 'Subida.',
  'Uploading…': 'Subiendo…',
}
