// Holds the Arabic of the pickers of values and places.
import type { TranslationTable } from './i18n'

export const arPickers: TranslationTable = {
  'How recently the merchants opened (0 to 366 days).': 'منذ متى افتُتحت المتاجر (0 إلى 366 يومًا).',
  'Leave blank for the merchants that just opened (up to 50).':
    'اتركه فارغًا للمتاجر التي افتُتحت للتو (حتى 50).',
  'Choose the new merchants, and set the radius to their delivery area.':
    'اختر المتاجر الجديدة، واضبط نصف القطر على منطقة توصيلها.',
  'Merchants opened within (days)': 'المتاجر المفتوحة خلال (أيام)',
  'location near merchants': 'الموقع قرب متاجر',
  'Which merchants': 'أي متاجر',
  'New merchants': 'متاجر جديدة',
  'Chosen merchants': 'متاجر مختارة',
  'Type to search the merchants of your catalogue.': 'اكتب للبحث في متاجر الكتالوج.',
  'within {km} km of a merchant that opened in the last {days}':
    'على بُعد {km} كم أو أقل من متجر افتُتح خلال آخر {days}',
  'No merchant of the catalogue fits this condition, so nobody is near one.':
    'لا يوجد متجر في الكتالوج يطابق هذا الشرط، لذلك لا أحد قريب من متجر.',
  '{n} merchants': {
    zero: 'لا متاجر',
    one: 'متجر واحد',
    two: 'متجران',
    few: '{n} متاجر',
    many: '{n} متجرًا',
    other: '{n} متجر',
  },
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
