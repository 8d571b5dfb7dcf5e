// Holds the Arabic of topics and of pauses.

export const arTopics: Record<string, string> = {
  'Add a language': 'إضافة لغة',
  'Add a topic': 'إضافة موضوع',
  'Opted in to a topic': 'اشترك في موضوع',
  'all channels': 'كل القنوات',
  'Customers choose topics on the preference page, behind the link in each message. A campaign with a topic skips customers who opted out of it.':
    'يختار العملاء الموضوعات في صفحة التفضيلات التي يفتحها الرابط في كل رسالة. الحملة ذات الموضوع تتخطى العملاء الذين ألغوا اشتراكهم فيه.',
  'Resumed messages': 'استأنف الرسائل',
  'get messages until they opt out': 'تصلهم الرسائل حتى يلغوا الاشتراك',
  'get messages only after opting in': 'تصلهم الرسائل بعد الاشتراك فقط',
  'Id': 'المعرّف',
  'paused by the customer': 'أوقفها العميل مؤقتًا',
  'Opted out of a topic': 'ألغى الاشتراك في موضوع',
  'opted out of the topic': 'ألغى الاشتراك في الموضوع',
  'the preference page': 'صفحة التفضيلات',
  'This customer paused messages until {time}.': 'أوقف هذا العميل الرسائل مؤقتًا حتى {time}.',
  'Topic': 'الموضوع',
  'Topic {n}': 'الموضوع {n}',
  'Topics': 'الموضوعات',
  'Paused messages': 'أوقف الرسائل مؤقتًا',
  'Topic of the messages': 'موضوع الرسائل',
  'Customers who opted out of the topic get no message. Leave blank to send regardless of topics.':
    'لا تصل رسائل إلى العملاء الذين ألغوا اشتراكهم في الموضوع. اتركه فارغًا للإرسال بغض النظر عن الموضوعات.',
  'Customers who have not chosen': 'العملاء الذين لم يختاروا',
}
