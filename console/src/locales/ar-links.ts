// Holds the Arabic of links in messages and of the way out of an SMS.

export const arLinks: Record<string, string> = {
  'a page on which the customer accepts the offer': 'صفحة يقبل فيها العميل العرض',
  'Add a country': 'إضافة بلد',
  'All countries without a rule': 'كل البلدان التي لا قاعدة لها',
  'As the stack can': 'حسب ما يتيحه النظام',
  'Country, as two letters': 'البلد، بحرفين',
  'Empty: the one that the SMS comes from.': 'فارغ: الرقم الذي تصل منه الرسالة.',
  'It leads to': 'يقود إلى',
  'It stands at the end of each SMS, in the language of the message, unless the text places it with {variable}.':
    'تأتي في نهاية كل رسالة قصيرة بلغة الرسالة، ما لم يحدد النص موضعها بالمتغير {variable}.',
  'Link of the messages': 'رابط الرسائل',
  'link tapped': 'نُقر الرابط',
  'Link tapped': 'نُقر الرابط',
  'No rule': 'بلا قاعدة',
  'Nothing, for a reason': 'لا شيء، لسبب',
  'Number that hears': 'الرقم الذي يستقبل الردود',
  'Reply with a word': 'الرد بكلمة',
  'Short link': 'رابط قصير',
  'the app': 'التطبيق',
  'The way out of an SMS': 'طريقة إيقاف الرسائل القصيرة',
  'Way out of SMS': 'إيقاف الرسائل القصيرة',
}
