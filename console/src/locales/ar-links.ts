// Holds the Arabic of links in messages and of the way out of an SMS.

export const arLinks: Record<string, string> = {
  'a page on which the customer accepts the offer': 'صفحة يقبل فيها العميل العرض',
  'Add a country': 'إضافة بلد',
  'All countries without a rule': 'كل البلدان التي لا قاعدة لها',
  'Default of the deployment': 'الإعداد الافتراضي للنظام',
  'Country code (two letters)': 'رمز البلد (حرفان)',
  'Leave blank to use the number that the SMS comes from.':
    'اتركه فارغًا لاستخدام الرقم الذي تُرسل منه الرسالة القصيرة.',
  'Destination': 'الوجهة',
  'The opt-out text ends each SMS, in the language of the message, unless the message places it with {variable}.':
    'تأتي في نهاية كل رسالة قصيرة بلغة الرسالة، ما لم يحدد النص موضعها بالمتغير {variable}.',
  'Link in messages': 'رابط الرسائل',
  'link tapped': 'نُقر الرابط',
  'Link tapped': 'نُقر الرابط',
  'No rule': 'بلا قاعدة',
  'None, with a reason': 'بلا نص، مع ذكر السبب',
  'Number for replies': 'الرقم الذي يستقبل الردود',
  'Reply with a word': 'الرد بكلمة',
  'Short link': 'رابط قصير',
  'the app': 'التطبيق',
  'Opt-out text of SMS': 'نص إلغاء الاشتراك في الرسائل القصيرة',
  'SMS opt-out': 'إيقاف الرسائل القصيرة',
}
