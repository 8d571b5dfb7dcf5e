// Holds the Arabic of the catalogue.
import type { TranslationTable } from './i18n'

export const arCatalogue: TranslationTable = {
  'Add a merchant': 'إضافة متجر',
  'Add a place': 'إضافة مكان',
  'Add names': 'إضافة أسماء',
  'As people know it.': 'كما يعرفه الناس.',
  'As your orders write it.': 'كما تكتبه طلباتك.',
  'Catalogue': 'الكتالوج',
  'Categories appear with your first orders. You can name them before that.':
    'تظهر الفئات مع أول طلباتك. يمكنك تسميتها قبل ذلك.',
  'Centre': 'المركز',
  'Cities': 'المدن',
  'Cities appear as soon as customers have a city. Import customers or let your app send them.':
    'تظهر المدن حين تكون للعملاء مدينة. استورد العملاء أو دع تطبيقك يرسلهم.',
  'City': 'المدينة',
  'Customers with their consents, past orders, suppressions and your catalogue from other systems. Every file is checked first; nothing is imported until you start it.':
    'العملاء مع موافقاتهم والطلبات السابقة وحالات الحجب والكتالوج من أنظمة أخرى. يُفحص كل ملف أولًا، ولا يُستورد شيء حتى تبدأ.',
  'Delete': 'حذف',
  'Delete it now': 'احذفه الآن',
  'Import a file of your merchants, let your app send them, or add one here. Merchants that your orders mention appear by themselves.':
    'استورد ملفًا بمتاجرك، أو دع تطبيقك يرسلها، أو أضف متجرًا هنا. المتاجر التي تذكرها طلباتك تظهر من تلقاء نفسها.',
  'Most customers': 'الأكثر عملاء',
  'Most orders': 'الأكثر طلبات',
  'Name of the place': 'اسم المكان',
  'Names by language': 'الأسماء حسب اللغة',
  'Names of {key}': 'أسماء {key}',
  'No categories yet': 'لا توجد فئات بعد',
  'No cities yet': 'لا توجد مدن بعد',
  'No merchant has this name.': 'لا متجر بهذا الاسم.',
  'No merchants yet': 'لا توجد متاجر بعد',
  'No verticals yet': 'لا توجد قطاعات بعد',
  'Nothing has this name.': 'لا شيء بهذا الاسم.',
  'Opened last': 'الأحدث افتتاحًا',
  'Opened on': 'افتُتح في',
  'Opening date': 'تاريخ الافتتاح',
  'Search': 'بحث',
  'The merchants, verticals and categories that campaigns are aimed by, with the names that people know. What is missing here follows from your orders.':
    'المتاجر والقطاعات والفئات التي تستهدفها الحملات، بالأسماء التي يعرفها الناس. ما لم يخبر به أحد يُستنتج من طلباتك.',
  'Verticals appear with your first orders. You can name them before that.':
    'تظهر القطاعات مع أول طلباتك. يمكنك تسميتها قبل ذلك.',
  'known from orders only': 'معروف من الطلبات فقط',
}
