// Holds the Arabic of topics and of pauses.

export const arTopics: Record<string, string> = {
  'Add a language': 'إضافة لغة',
  'Add a topic': 'إضافة موضوع',
  'Agreed to a topic': 'وافق على موضوع',
  'all channels': 'كل القنوات',
  'Customers choose them on the page behind the link of a message. A campaign that names a topic writes to nobody who has said no to it.':
    'يختارها العملاء في الصفحة التي يفتحها رابط الرسالة. الحملة التي تحدد موضوعًا لا تراسل أحدًا رفضه.',
  'Ended the pause': 'أنهى الإيقاف المؤقت',
  'gets it': 'يتلقّاه',
  'gets it after a yes only': 'يتلقّاه بعد الموافقة فقط',
  'Id': 'المعرّف',
  'paused by the customer': 'أوقفها العميل مؤقتًا',
  'Said no to a topic': 'رفض موضوعًا',
  'said no to the topic': 'رفض الموضوع',
  'the preference page': 'صفحة التفضيلات',
  'They want no messages until {time}.': 'لا يريد رسائل حتى {time}.',
  'Topic': 'الموضوع',
  'Topic {n}': 'الموضوع {n}',
  'Topics': 'الموضوعات',
  'Wants no messages for some time': 'لا يريد رسائل لبعض الوقت',
  'What it is about': 'ما الذي تدور حوله',
  'Who has said no to the topic is not written to. Empty: nobody is asked.':
    'من رفض الموضوع لا يُراسَل. فارغ: لا يُسأل أحد.',
  'Who has said nothing': 'من لم يقل شيئًا',
}
