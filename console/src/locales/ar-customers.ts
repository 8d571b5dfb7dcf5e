// Holds the Arabic of the pages of customers and of the lists of campaigns.

import type { TranslationTable } from './i18n'

export const arCustomers: TranslationTable = {
  'Addresses': 'العناوين',
  'All customers': 'كل العملاء',
  'All customers, in no order': 'كل العملاء، بلا ترتيب',
  'Ask why': 'اسأل عن السبب',
  'Carts': 'السلال',
  'Changes so far': 'التغييرات حتى الآن',
  'Check the spelling, remove a filter, or list all customers.':
    'تحقق من الكتابة أو أزل مرشّحًا أو اعرض كل العملاء.',
  'Data': 'البيانات',
  'Dates': 'التواريخ',
  'Each record gets its data, orders and vouchers back. An opt-out given since the merge applies to both.':
    'يستعيد كل سجل بياناته وطلباته وقسائمه. ويسري على السجلين أي رفض أُبلغ بعد الدمج.',
  'emptied': 'أُفرغت',
  'Everyone the marketplace has reported, with orders, spend and reach.':
    'كل من أبلغت عنه السوق، مع الطلبات والإنفاق وإمكانية الوصول.',
  'First name': 'الاسم الأول',
  'Has ordered in it': 'طلب في هذا القطاع',
  'Has this tag': 'له هذا الوسم',
  'Home location': 'موقع المنزل',
  'ID of the other record': 'معرّف السجل الآخر',
  'Id, e-mail, phone with country code, or the beginning of a name':
    'المعرّف أو البريد أو الهاتف مع رمز البلد أو بداية الاسم',
  'in the control group of {n}': 'في المجموعة الضابطة لعدد {n}',
  'Last name': 'اسم العائلة',
  'Last order': 'آخر طلب',
  'Latest order first': 'الأحدث طلبًا أولًا',
  'Merge a record': 'دمج سجل',
  'Merge records': 'دمج السجلين',
  'Merge the other record of the same person into this one. Vouchers and orders of both belong to this customer, and the stricter consent applies. The other ID keeps working.':
    'يدمج السجل الآخر للشخص نفسه في هذا السجل. تصبح قسائم السجلين وطلباتهما لهذا العميل، وتُطبَّق الموافقة الأشد. يبقى المعرّف الآخر صالحًا.',
  'Merged': 'بعد الدمج',
  'Merged records': 'السجلات المدموجة',
  'Merged records: {n}': 'السجلات المدموجة: {n}',
  'Names and contacts are masked for your role, and names are not searched. Support and marketers see them.':
    'الأسماء وبيانات الاتصال محجوبة عن دورك، ولا يُبحث في الأسماء. يراها الدعم والمسوّقون.',
  'Names and contacts are masked for your role.': 'الأسماء وبيانات الاتصال محجوبة عن دورك.',
  'No addresses on record.': 'لا عناوين مسجلة.',
  'No customer found': 'لم يُعثر على عميل',
  'No data is kept of this customer.': 'لا تُحفظ بيانات عن هذا العميل.',
  'No match among the {n} customers read so far. Go on to the next page.':
    'لا نتيجة بين العملاء المقروئين حتى الآن، وعددهم {n}. انتقل إلى الصفحة التالية.',
  'open': 'مفتوحة',
  'Open the profile': 'افتح الملف',
  'order known': 'الطلب معروف',
  'Other record': 'السجل الآخر',
  'Possible until {until}': 'متاح حتى {until}',
  'Reach': 'الوصول',
  'Result of the merge': 'نتيجة الدمج',
  'Show the result': 'عرض النتيجة',
  'Signed up': 'تاريخ التسجيل',
  'Sort order': 'الترتيب',
  'Spend': 'الإنفاق',
  'Spend by vertical': 'الإنفاق حسب القطاع',
  'Tag': 'الوسم',
  'Tags': 'الوسوم',
  'The marketplace has not reported this customer. Only records are known.':
    'لم تبلّغ السوق عن هذا العميل. السجلات وحدها معروفة.',
  'The records are merged. You can undo this for seven days.':
    'تم دمج السجلين. يمكنك التراجع خلال سبعة أيام.',
  'The records are separate again.': 'عاد السجلان منفصلين.',
  'This customer was erased. Records stay until their time ends, without contacts.':
    'حُذفت بيانات هذا العميل. تبقى السجلات حتى نهاية مدتها بلا بيانات اتصال.',
  'This record': 'هذا السجل',
  'Undo merge': 'التراجع عن الدمج',
  'Without a search': 'من دون بحث',
  '{matched} shown so far, {read} read': 'عُرض {matched} حتى الآن، وقُرئ {read}',
  '{n} in total': 'الإجمالي: {n}',
  '{open} open, {redeemed} redeemed': '{open} مفتوحة، {redeemed} مستخدمة',
  'Audience on this page': 'الجمهور في هذه الصفحة',
  'Cost on this page': 'التكلفة في هذه الصفحة',
  'Created by': 'أنشأها',
  'Everyone': 'الجميع',
  'Live: not over, no drafts': 'النشطة: لم تنته وليست مسودات',
  'Me': 'أنا',
  'Revenue on this page': 'الإيرادات في هذه الصفحة',
  'Sort by': 'الترتيب حسب',
  'Start': 'البداية',
}
