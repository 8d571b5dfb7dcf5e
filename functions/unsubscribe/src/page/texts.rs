//! The sentences of the unsubscribe page, in every language that the product speaks.

use domain::kernel::language::Language;

pub(crate) struct PageTexts {
    pub(crate) ask: [&'static str; 3],
    pub(crate) button: &'static str,
    pub(crate) done: [&'static str; 3],
    pub(crate) later: &'static str,
    /// For whom the link speaks: everyone who shares the number, or the mailbox, that the message
    /// went to. A device is nobody else's.
    pub(crate) shared: [&'static str; 2],
    pub(crate) bad: &'static str,
}

/// Returns the sentences in a language. Arrays are in the order SMS, e-mail, push.
pub(crate) fn page_texts(language: Language) -> &'static PageTexts {
    match language {
        Language::Arabic => &ARABIC,
        Language::ChineseSimplified => &CHINESE_SIMPLIFIED,
        Language::ChineseTraditional => &CHINESE_TRADITIONAL,
        Language::English => &ENGLISH,
        Language::French => &FRENCH,
        Language::German => &GERMAN,
        Language::Hindi => &HINDI,
        Language::Indonesian => &INDONESIAN,
        Language::Italian => &ITALIAN,
        Language::PortugueseOfBrazil => &PORTUGUESE_OF_BRAZIL,
        Language::PortugueseOfPortugal => &PORTUGUESE_OF_PORTUGAL,
        Language::Spanish => &SPANISH,
        Language::Turkish => &TURKISH,
    }
}

const ARABIC: PageTexts = PageTexts {
    ask: [
        "هل تريد إيقاف العروض عبر الرسائل النصية؟",
        "هل تريد إيقاف العروض عبر البريد الإلكتروني؟",
        "هل تريد إيقاف العروض عبر الإشعارات؟",
    ],
    button: "لا أريد مزيدًا من العروض",
    done: [
        "لن تصلك عروض أخرى عبر الرسائل النصية.",
        "لن تصلك عروض أخرى عبر البريد الإلكتروني.",
        "لن تصلك عروض أخرى عبر الإشعارات.",
    ],
    later: "يمكنك تغيير ذلك في التطبيق في أي وقت.",
    shared: [
        "يسري هذا على حسابك وعلى كل من يشاركك هذا الرقم.",
        "يسري هذا على حسابك وعلى كل من يشاركك صندوق البريد هذا.",
    ],
    bad: "هذا الرابط غير مكتمل. يُرجى فتحه من الرسالة مرة أخرى.",
};
const CHINESE_SIMPLIFIED: PageTexts = PageTexts {
    ask: ["不再接收优惠短信？", "不再接收优惠邮件？", "不再接收优惠推送通知？"],
    button: "不再接收优惠",
    done: ["您将不再收到优惠短信。", "您将不再收到优惠邮件。", "您将不再收到优惠推送通知。"],
    later: "您可以随时在应用中更改。",
    shared: [
        "这适用于您的账户，以及所有共用此号码的人。",
        "这适用于您的账户，以及所有共用此邮箱的人。",
    ],
    bad: "此链接不完整，请从消息中重新打开。",
};
const CHINESE_TRADITIONAL: PageTexts = PageTexts {
    ask: ["不再接收優惠簡訊？", "不再接收優惠電子郵件？", "不再接收優惠推播通知？"],
    button: "不再接收優惠",
    done: [
        "您將不會再收到優惠簡訊。",
        "您將不會再收到優惠電子郵件。",
        "您將不會再收到優惠推播通知。",
    ],
    later: "您隨時可以在應用程式中變更。",
    shared: [
        "這適用於您的帳戶，以及所有共用此號碼的人。",
        "這適用於您的帳戶，以及所有共用此信箱的人。",
    ],
    bad: "此連結不完整，請從訊息中重新開啟。",
};
const ENGLISH: PageTexts = PageTexts {
    ask: ["No more offers by SMS?", "No more offers by e-mail?", "No more offers by push message?"],
    button: "No more offers",
    done: [
        "You get no more offers by SMS.",
        "You get no more offers by e-mail.",
        "You get no more offers by push message.",
    ],
    later: "You can change this in the app at any time.",
    shared: [
        "This holds for your account, and for everyone who shares this number.",
        "This holds for your account, and for everyone who shares this mailbox.",
    ],
    bad: "This link is not complete. Please open it from the message again.",
};
const FRENCH: PageTexts = PageTexts {
    ask: [
        "Ne plus recevoir d’offres par SMS ?",
        "Ne plus recevoir d’offres par e-mail ?",
        "Ne plus recevoir d’offres par notification ?",
    ],
    button: "Ne plus recevoir d’offres",
    done: [
        "Vous ne recevrez plus d’offres par SMS.",
        "Vous ne recevrez plus d’offres par e-mail.",
        "Vous ne recevrez plus d’offres par notification.",
    ],
    later: "Vous pouvez changer d’avis à tout moment dans l’application.",
    shared: [
        "Cela vaut pour votre compte et pour tous ceux qui partagent ce numéro.",
        "Cela vaut pour votre compte et pour tous ceux qui partagent cette adresse.",
    ],
    bad: "Ce lien n’est pas complet. Ouvrez-le de nouveau depuis le message.",
};
const GERMAN: PageTexts = PageTexts {
    ask: [
        "Keine Angebote mehr per SMS?",
        "Keine Angebote mehr per E-Mail?",
        "Keine Angebote mehr als Push-Nachricht?",
    ],
    button: "Keine Angebote mehr",
    done: [
        "Du bekommst keine Angebote mehr per SMS.",
        "Du bekommst keine Angebote mehr per E-Mail.",
        "Du bekommst keine Angebote mehr als Push-Nachricht.",
    ],
    later: "In der App kannst du das jederzeit ändern.",
    shared: [
        "Das gilt für dein Konto und für alle, die diese Nummer mit dir teilen.",
        "Das gilt für dein Konto und für alle, die dieses Postfach mit dir teilen.",
    ],
    bad: "Dieser Link ist nicht vollständig. Öffne ihn bitte noch einmal aus der Nachricht.",
};
const HINDI: PageTexts = PageTexts {
    ask: ["SMS पर ऑफ़र बंद करें?", "ईमेल पर ऑफ़र बंद करें?", "पुश नोटिफ़िकेशन पर ऑफ़र बंद करें?"],
    button: "और ऑफ़र नहीं चाहिए",
    done: [
        "अब आपको SMS पर ऑफ़र नहीं मिलेंगे।",
        "अब आपको ईमेल पर ऑफ़र नहीं मिलेंगे।",
        "अब आपको पुश नोटिफ़िकेशन पर ऑफ़र नहीं मिलेंगे।",
    ],
    later: "आप इसे ऐप में कभी भी बदल सकते हैं।",
    shared: [
        "यह आपके खाते और इस नंबर का साझा उपयोग करने वाले सभी लोगों पर लागू होता है।",
        "यह आपके खाते और इस मेलबॉक्स का साझा उपयोग करने वाले सभी लोगों पर लागू होता है।",
    ],
    bad: "यह लिंक अधूरा है। कृपया इसे संदेश से दोबारा खोलें।",
};
const INDONESIAN: PageTexts = PageTexts {
    ask: [
        "Berhenti menerima penawaran lewat SMS?",
        "Berhenti menerima penawaran lewat email?",
        "Berhenti menerima penawaran lewat notifikasi?",
    ],
    button: "Berhenti menerima penawaran",
    done: [
        "Anda tidak akan menerima penawaran lewat SMS lagi.",
        "Anda tidak akan menerima penawaran lewat email lagi.",
        "Anda tidak akan menerima penawaran lewat notifikasi lagi.",
    ],
    later: "Anda dapat mengubahnya kapan saja di aplikasi.",
    shared: [
        "Ini berlaku untuk akun Anda dan untuk semua orang yang berbagi nomor ini.",
        "Ini berlaku untuk akun Anda dan untuk semua orang yang berbagi kotak surat ini.",
    ],
    bad: "Tautan ini tidak lengkap. Silakan buka lagi dari pesan.",
};
const ITALIAN: PageTexts = PageTexts {
    ask: [
        "Non vuoi più offerte via SMS?",
        "Non vuoi più offerte via e-mail?",
        "Non vuoi più offerte via notifica?",
    ],
    button: "Non voglio più offerte",
    done: [
        "Non riceverai più offerte via SMS.",
        "Non riceverai più offerte via e-mail.",
        "Non riceverai più offerte via notifica.",
    ],
    later: "Puoi cambiare idea nell’app in qualsiasi momento.",
    shared: [
        "Vale per il tuo account e per tutti quelli che condividono questo numero.",
        "Vale per il tuo account e per tutti quelli che condividono questa casella.",
    ],
    bad: "Questo link non è completo. Aprilo di nuovo dal messaggio.",
};
const PORTUGUESE_OF_BRAZIL: PageTexts = PageTexts {
    ask: [
        "Não quer mais receber ofertas por SMS?",
        "Não quer mais receber ofertas por e-mail?",
        "Não quer mais receber ofertas por notificação?",
    ],
    button: "Não quero mais ofertas",
    done: [
        "Você não vai mais receber ofertas por SMS.",
        "Você não vai mais receber ofertas por e-mail.",
        "Você não vai mais receber ofertas por notificação.",
    ],
    later: "Você pode mudar isso no app quando quiser.",
    shared: [
        "Isso vale para a sua conta e para todos que compartilham este número.",
        "Isso vale para a sua conta e para todos que compartilham esta caixa de e-mail.",
    ],
    bad: "Este link está incompleto. Abra-o de novo pela mensagem.",
};
const PORTUGUESE_OF_PORTUGAL: PageTexts = PageTexts {
    ask: [
        "Não quer mais ofertas por SMS?",
        "Não quer mais ofertas por e-mail?",
        "Não quer mais ofertas por notificação?",
    ],
    button: "Não quero mais ofertas",
    done: [
        "Não vai receber mais ofertas por SMS.",
        "Não vai receber mais ofertas por e-mail.",
        "Não vai receber mais ofertas por notificação.",
    ],
    later: "Pode mudar isto na app a qualquer momento.",
    shared: [
        "Isto vale para a sua conta e para todos os que partilham este número.",
        "Isto vale para a sua conta e para todos os que partilham esta caixa de correio.",
    ],
    bad: "Esta ligação não está completa. Abra-a de novo a partir da mensagem.",
};
const SPANISH: PageTexts = PageTexts {
    ask: [
        "¿No quieres más ofertas por SMS?",
        "¿No quieres más ofertas por correo?",
        "¿No quieres más ofertas por notificación?",
    ],
    button: "No quiero más ofertas",
    done: [
        "Ya no recibirás ofertas por SMS.",
        "Ya no recibirás ofertas por correo.",
        "Ya no recibirás ofertas por notificación.",
    ],
    later: "Puedes cambiarlo en la app cuando quieras.",
    shared: [
        "Vale para tu cuenta y para todos los que comparten este número.",
        "Vale para tu cuenta y para todos los que comparten este correo.",
    ],
    bad: "Este enlace no está completo. Ábrelo de nuevo desde el mensaje.",
};
const TURKISH: PageTexts = PageTexts {
    ask: [
        "SMS ile teklif almak istemiyor musunuz?",
        "E-posta ile teklif almak istemiyor musunuz?",
        "Bildirimle teklif almak istemiyor musunuz?",
    ],
    button: "Artık teklif almak istemiyorum",
    done: [
        "Artık SMS ile teklif almayacaksınız.",
        "Artık e-posta ile teklif almayacaksınız.",
        "Artık bildirimle teklif almayacaksınız.",
    ],
    later: "Bunu uygulamadan istediğiniz zaman değiştirebilirsiniz.",
    shared: [
        "Bu, hesabınız ve bu numarayı paylaşan herkes için geçerlidir.",
        "Bu, hesabınız ve bu e-posta kutusunu paylaşan herkes için geçerlidir.",
    ],
    bad: "Bu bağlantı eksik. Lütfen mesajdan yeniden açın.",
};
