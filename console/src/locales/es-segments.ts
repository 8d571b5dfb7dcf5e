// Holds the Spanish of saved segments, attributes and the conditions on the past.
import type { TranslationTable } from './i18n'

export const esSegments: TranslationTable = {
  'Segments': 'Segmentos',
  'Saved audiences. Drafts use the newest version of a segment; a launched campaign keeps the version it was launched with.':
    'Audiencias guardadas. Los borradores usan la versión más reciente de un segmento; una campaña lanzada conserva la versión con la que se lanzó.',
  'New segment': 'Nuevo segmento',
  'No segments yet': 'Aún no hay segmentos',
  'Save an audience once and use it in many campaigns.':
    'Guarde una audiencia una vez y úsela en muchas campañas.',
  'Used by': 'Usado por',
  'Version': 'Versión',
  'Last changed': 'Último cambio',
  'Excluded everywhere': 'Excluido de todo',
  'version {n}': 'versión {n}',
  'segment {name}': 'segmento {name}',
  'Exclude these customers from every campaign': 'Excluir a estos clientes de todas las campañas',
  'For staff, test accounts and legal holds. Only administrators change this.':
    'Para personal, cuentas de prueba y bloqueos legales. Solo los administradores lo cambian.',
  'Attributes': 'Atributos',
  'Facts about customers that your app sends with their profile, up to 40. An attribute that a campaign or a segment uses keeps its type.':
    'Datos de los clientes que su app envía con el perfil, hasta 40. Un atributo que usa una campaña o un segmento conserva su tipo.',
  'Attribute {n}': 'Atributo {n}',
  'Add an attribute': 'Añadir un atributo',
  'yes or no': 'sí o no',
  'number': 'número',
  'date': 'fecha',
  'text': 'texto',
  'several texts': 'varios textos',
  'Type': 'Tipo',
  'Voucher': 'Cupón',
  'had one': 'tuvo uno',
  'accepted one': 'aceptó uno',
  'redeemed one': 'canjeó uno',
  'Campaign id (optional)': 'Id de campaña (opcional)',
  'Name of the sample': 'Nombre de la muestra',
  'The same name always selects the same customers.':
    'El mismo nombre selecciona siempre a los mismos clientes.',
  'Segment': 'Segmento',
  'Attribute': 'Atributo',
  'No attributes are declared. Administrators declare them in the settings.':
    'No hay atributos declarados. Los administradores los declaran en los ajustes.',
  'first order': 'primer pedido',
  'days between orders': 'días entre pedidos',
  'vouchers so far': 'cupones hasta ahora',
  'attribute': 'atributo',
  'saved segment': 'segmento guardado',
  'random sample': 'muestra aleatoria',
  'Only the last days (optional)': 'Solo los últimos días (opcional)',
  '1 to 365, today included.': 'De 1 a 365, hoy incluido.',
  'had a voucher': 'tuvo un cupón',
  'accepted a voucher': 'aceptó un cupón',
  'redeemed a voucher': 'canjeó un cupón',
  'excluded from every campaign': 'excluido de todas las campañas',
  'the last {n} days': {
    one: 'el último día',
    many: 'los últimos {n} de días',
    other: 'los últimos {n} días',
  },
  'Delete': 'Eliminar',
  'are they excluded from every campaign': 'están excluidos de todas las campañas',
  'This segment doesn’t exist. It may have been deleted.':
    'Este segmento no existe. Puede que se haya eliminado.',
  'The segment is in use, so it can’t be deleted.':
    'El segmento está en uso y no se puede eliminar.',
  'A campaign or a segment uses this attribute, so its type can’t change.':
    'Una campaña o un segmento usa este atributo, así que su tipo no puede cambiar.',
}
