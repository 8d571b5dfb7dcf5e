// Holds the Arabic of undoing a launch and of the audit log.
import type { TranslationTable } from './i18n'

export const arOffice: TranslationTable = {
  'Not started yet': 'لم تبدأ بعد',
  'Until then nothing is sent, and you can undo the launch.':
    'حتى ذلك الحين لا يُرسَل شيء، ويمكنك التراجع عن الإطلاق.',
  'Sending starts: {time}.': 'يبدأ الإرسال: {time}.',
  'Sending starts within a minute.': 'يبدأ الإرسال خلال دقيقة.',
  'Launch undone. The campaign is a draft again.': 'تم التراجع عن الإطلاق. عادت الحملة مسودة.',
  'Undo launch': 'التراجع عن الإطلاق',
  'Start sending now': 'بدء الإرسال الآن',
  'Nothing is sent for {n} seconds, in which you can undo the launch.':
    'لا يُرسَل شيء لمدة {n} ثانية، ويمكنك خلالها التراجع عن الإطلاق.',
  'approved': 'وافق',
  'undid the launch': 'تراجع عن الإطلاق',
  'started at once': 'بدأ فورًا',
  'deleted': 'حذف',
  'opened': 'فتح',
  'lifted the suppression': 'رفع الحجب',
  'read a reply as a stop': 'فهم ردًّا على أنه إيقاف',
  'dismissed a reply': 'تجاهل ردًّا',
  'imported': 'استورد',
  'checked': 'فحص',
  'uploaded': 'رفع ملفًا',
  'retried failed jobs': 'أعاد محاولة المهام الفاشلة',
  'repaired': 'أصلح',
  'rotated the secret': 'غيّر المفتاح السري',
  'sent a test': 'أرسل اختبارًا',
  'Setting': 'إعداد',
  'Catalogue': 'الدليل',
  'Webhook endpoint': 'عنوان Webhook',
  'Recount': 'إعادة العد',
  'Picture': 'صورة',
  'Audit log': 'سجل التغييرات',
  'Who changed what and when: campaigns, settings, goodwill, suppressions, imports and the rest, newest first.':
    'من غيّر ماذا ومتى: الحملات والإعدادات وقسائم المجاملة وعمليات الحجب والاستيراد وغيرها، الأحدث أولًا.',
  'Nothing found': 'لم يُعثر على شيء',
  'Nothing on this page matches. Older entries may.':
    'لا شيء مطابق في هذه الصفحة. قد تطابق إدخالات أقدم.',
  'Change the filters to find more.': 'غيّر عوامل التصفية لتجد المزيد.',
  'A part of the name': 'جزء من الاسم',
  'What was changed': 'ما الذي تغيّر',
  'Changed item': 'العنصر المغيَّر',
  'The file has the latest {n} entries.': 'يحتوي الملف على أحدث {n} إدخال.',
  'Sending starts in {n} seconds.': {
    zero: 'يبدأ الإرسال الآن.',
    one: 'يبدأ الإرسال خلال ثانية واحدة.',
    two: 'يبدأ الإرسال خلال ثانيتين.',
    few: 'يبدأ الإرسال خلال {n} ثوانٍ.',
    many: 'يبدأ الإرسال خلال {n} ثانية.',
    other: 'يبدأ الإرسال خلال {n} ثانية.',
  },
}
