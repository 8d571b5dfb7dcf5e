// Holds the Arabic of the pickers of values and places.
import type { TranslationTable } from './i18n'

export const arPickers: TranslationTable = {
  'No customer has ordered in {list}.': 'لم يطلب أي عميل في القطاع {list}.',
  'No order names {list}.': 'لا يذكر أي طلب {list}.',
  'No customer has the tag {list}.': 'ليس لدى أي عميل الوسم {list}.',
  'No customer has the language {list}.': 'ليس لدى أي عميل اللغة {list}.',
  'No customer is in {list}.': 'لا يوجد أي عميل في {list}.',
  'Your app has never sent the event {list}.': 'لم يرسل تطبيقك الحدث {list} قط.',
  'Your app has never sent the property {list}.': 'لم يرسل تطبيقك الخاصية {list} قط.',
  'Cities where your customers are. Type to search.': 'مدن يوجد فيها عملاؤك. اكتب للبحث.',
  'No customer is in a city with this name.': 'لا يوجد أي عميل في مدينة بهذا الاسم.',
  'Advanced: coordinates': 'خيارات متقدمة: الإحداثيات',
  'Add places that are not in the list of cities.': 'أضف أماكن ليست في قائمة المدن.',
  'Coordinates': 'الإحداثيات',
  'Type to search the verticals of your orders.': 'اكتب للبحث في قطاعات طلباتك.',
  'No customer or order has “{value}”.': 'ليس لدى أي عميل أو طلب «{value}».',
  'Did you mean “{nearest}”?': 'هل تقصد «{nearest}»؟',
  '{n} orders': {
    zero: 'لا طلبات',
    one: 'طلب واحد',
    two: 'طلبان',
    few: '{n} طلبات',
    many: '{n} طلبًا',
    other: '{n} طلب',
  },
}
