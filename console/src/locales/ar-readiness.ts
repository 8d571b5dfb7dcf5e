// Holds the Arabic of the readiness of the AWS account.

export const arReadiness: Record<string, string> = {
  'Readiness': 'الجاهزية',
  'Whether the AWS account behind this system can send what a campaign needs: quotas, identities, spend limits, alarms and backups.':
    'هل يستطيع حساب AWS الذي يعمل عليه هذا النظام إرسال ما تحتاجه الحملة: الحصص والهويات وحدود الإنفاق والتنبيهات والنسخ الاحتياطية.',
  'The account hasn’t been checked yet': 'لم يُفحص الحساب بعد',
  'The engineer who deployed this system checks it with the command below. Until then nothing is known, and no launch is refused.':
    'يفحصه المهندس الذي نشر هذا النظام بالأمر أدناه. حتى ذلك الحين لا يُعرف شيء ولا يُرفض أي إطلاق.',
  'Measured against a campaign of {n} messages.': 'قيس على حملة من {n} رسالة.',
  'Check': 'الفحص',
  'Measured': 'القيمة المقاسة',
  'Needed': 'المطلوب',
  'Checked': 'تاريخ الفحص',
  'This file isn’t the output of make preflight JSON=1.':
    'هذا الملف ليس ناتج make preflight JSON=1.',
  'The new answers are stored.': 'حُفظت الإجابات الجديدة.',
  'Check the account again': 'افحص الحساب مجددًا',
  'Run this in the project’s folder with credentials for the AWS account. It changes nothing in the account.':
    'يشغّل هذا في مجلد المشروع من يملك بيانات اعتماد حساب AWS. ولا يغيّر شيئًا في الحساب.',
  'If those credentials can’t write to this system, run it with JSON=1 instead of STORE=1 and upload the output.':
    'إذا لم تكن لبيانات الاعتماد هذه صلاحية الكتابة في هذا النظام، فشغّله مع JSON=1 بدلًا من STORE=1 وارفع الناتج.',
  'Upload the output': 'رفع الناتج',
  'Couldn’t store the answers': 'تعذّر حفظ الإجابات',
  'Platform': 'المنصة',
  'Operations': 'التشغيل',
  'In the way': 'عائق',
  'Not known': 'غير معروف',
  'Worth a look': 'يستحق النظر',
  'Good': 'جيد',
  'Not checked': 'لم يُفحص',
  'Nothing is known about the account.': 'لا يُعرف شيء عن الحساب.',
  'Not ready': 'غير جاهز',
  'Campaigns that depend on what is in the way can’t be launched above {n} customers until it is mended and checked again.':
    'لا يمكن إطلاق الحملات التي تعتمد على ما هو عائق لأكثر من {n} عميل حتى يُصلَح ويُفحص من جديد.',
  'Not fully known': 'غير معروف بالكامل',
  'Nothing is in the way, but part of the account couldn’t be asked.':
    'لا يوجد عائق، لكن تعذّر فحص جزء من الحساب.',
  'Checked too long ago': 'فُحص منذ مدة طويلة',
  'Nothing was in the way, more than a week ago. Quotas and identities change: check again.':
    'لم يكن هناك عائق قبل أكثر من أسبوع. تتغيّر الحصص والهويات: افحص مجددًا.',
  'Ready': 'جاهز',
  'Nothing is in the way of a launch.': 'لا شيء يعيق الإطلاق.',
  'The AWS account isn’t ready for this campaign': 'حساب AWS غير جاهز لهذه الحملة',
  'It can’t be launched above {n} customers until this is mended and the account is checked again.':
    'لا يمكن إطلاقها لأكثر من {n} عميل حتى يُصلَح هذا ويُفحص الحساب مجددًا.',
}
