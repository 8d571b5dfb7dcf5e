//! A preview shows what the worker sends, and warns in advance about costs and mistakes.

use domain::kernel::channel::Channel;
use fake_aws::ProviderMessage;
use serde_json::{Value, json};

use super::fixture::{
    BRAND, MessagesFixture, PREVIEWS, SAMPLE_LINK, SAMPLE_VOUCHER, SAMPLE_WAY_OUT, messages,
    with_sample_links,
};

fn draft(messages: Value) -> Value {
    json!({"draft": {"messages": messages}})
}

/// Returns messages with one channel in English.
fn single_channel(channel: &str, template: Value) -> Value {
    json!({"default_locale": "en", "locales": {"en": {channel: template}}})
}

fn warning_codes(preview: &Value) -> Vec<&str> {
    preview["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| warning["code"].as_str().unwrap())
        .collect()
}

async fn branded_fixture() -> MessagesFixture {
    let stage = MessagesFixture::new();
    stage
        .replace_setting(
            BRAND,
            json!({
                "sender_name": "Mercado Ñandú", "reply_to": "help@example.com", "logo_url": "https://cdn.example.com/l.png",
                "color": "#0a7d4b", "postal_address": "Marketplace Ltd\n1 Example Street", "support": "https://example.com/help",
            }),
        )
        .await;
    stage
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of cases reads best in one piece")]
async fn what_is_shown_is_what_is_sent_on_each_channel() {
    let stage = branded_fixture().await;
    // a name that looks like mark-up, in a locale that has an SMS in its language and a push of its
    // own
    stage
        .create_customer("c-1", json!({"first_name": "Ana <b>&\"' 🎁", "locale": "es-MX", "zone": "America/Mexico_City"}))
        .await;
    for channel in Channel::ALL {
        let campaign = stage.launch_campaign(&[channel.as_str()], &messages()).await;
        let shown = stage
            .preview(json!({"campaign_id": campaign, "customer_id": "c-1"}))
            .await
            .expect_status(200);
        assert_eq!(
            (&shown["sample_customer"], shown["messages"].as_array().unwrap().len()),
            (&json!(false), 1)
        );
        let shown = shown["messages"][0].clone();
        let (sent, voucher) = stage.send_to_customer(&campaign, "c-1", channel).await;
        let expected = |at: &str| {
            shown.pointer(at).unwrap().as_str().unwrap().replace(SAMPLE_VOUCHER, &voucher)
        };
        match sent {
            ProviderMessage::Sms { text, .. } => {
                let text = with_sample_links(&text);
                assert_eq!(text, expected("/sms/text"));
                assert_eq!(
                    text,
                    format!(
                        "Hola Ana <b>&\"' 🎁: €5 de descuento {SAMPLE_LINK}\nBaja: {SAMPLE_WAY_OUT}"
                    )
                );
                assert_eq!(
                    (&shown["locale"], &shown["fallback"]),
                    (&json!("es"), &json!("language"))
                );
            }
            ProviderMessage::Push { message, attributes, .. } => {
                let collapse = &attributes["AWS.SNS.MOBILE.APNS.COLLAPSE_ID"];
                assert_eq!(collapse, &voucher, "the next push of this voucher replaces it");
                let whole: Value = serde_json::from_str(&message).unwrap();
                let part = |name: &str| whole[name].as_str().unwrap().to_owned();
                let fcm: Value = serde_json::from_str(&part("GCM")).unwrap();
                let fcm = &fcm["fcmV1Message"]["message"];
                assert_eq!(fcm["notification"]["title"], expected("/push/title"));
                let body = with_sample_links(fcm["notification"]["body"].as_str().unwrap());
                assert_eq!(body, expected("/push/body"));
                assert_eq!(fcm["data"]["voucher"], voucher);
                let lifetime = &attributes["AWS.SNS.MOBILE.APNS.TTL"];
                assert_eq!(fcm["android"]["ttl"], format!("{lifetime}s"));
                assert_eq!(shown["push"]["data"], json!({"voucher": SAMPLE_VOUCHER}));
                let largest = part("GCM").len().max(part("APNS").len());
                assert_eq!(
                    (&shown["push"]["bytes"], &shown["push"]["limit"]),
                    (&json!(largest), &json!(4096))
                );
                assert_eq!(
                    (&shown["locale"], &shown["fallback"]),
                    (&json!("es-MX"), &json!("none"))
                );
            }
            ProviderMessage::Email { subject, details: letter, .. } => {
                let token = letter.headers["List-Unsubscribe"].trim_matches(['<', '>']).to_owned();
                let expected =
                    |at: &str| expected(at).replace("https://api.example.com/u/sample", &token);
                assert_ne!(token, "https://api.example.com/u/sample");
                assert_eq!(
                    (subject, with_sample_links(&letter.html)),
                    (expected("/email/subject"), expected("/email/html"))
                );
                assert_eq!(with_sample_links(&letter.text), expected("/email/text"));
                assert!(
                    letter.text.ends_with(&format!("No quiero más ofertas por correo: {token}\n")),
                    "{}",
                    letter.text
                );
                assert!(
                    letter.html.contains("Ana &lt;b&gt;&amp;&quot;&#x27; 🎁")
                        && !letter.html.contains("<b>"),
                    "{}",
                    letter.html
                );
                for part in [
                    "https://cdn.example.com/l.png",
                    "#0a7d4b",
                    "1 Example Street",
                    "https://example.com/help",
                ] {
                    assert!(letter.html.contains(part), "{part}: {}", letter.html);
                }
                assert_eq!(letter.reply_to, [shown["email"]["reply_to"].as_str().unwrap()]);
                assert_eq!(shown["email"]["from_name"], "Mercado Ñandú");
                assert_eq!(letter.from, "=?UTF-8?B?TWVyY2FkbyDDkWFuZMO6?= <offers@example.com>");
                assert_eq!(
                    (&shown["locale"], &shown["fallback"]),
                    (&json!("en"), &json!("default"))
                );
                assert_eq!(shown["email"]["preheader"], "Until November 8");
            }
        }
    }
}

#[tokio::test]
async fn an_email_of_blocks_is_shown_as_it_is_sent_in_the_brands_look() {
    let stage = branded_fixture().await;
    stage.create_customer("c-1", json!({"first_name": "Ana <b>", "locale": "ar"})).await;
    let email = json!({"subject": "{{ offer }}", "blocks": [
        {"heading": {"text": "مرحبًا {{ first_name | default('بك') }}"}},
        {"voucher": {"button": "قبول"}},
    ]});
    let messages = json!({"default_locale": "ar", "locales": {"ar": {"email": email}}});
    let campaign = stage.launch_campaign(&["email"], &messages).await;
    let request = json!({"campaign_id": campaign, "customer_id": "c-1"});
    let shown = stage.preview(request).await.expect_status(200);
    let shown = shown["messages"][0]["email"].clone();
    let (sent, voucher) = stage.send_to_customer(&campaign, "c-1", Channel::Email).await;
    let ProviderMessage::Email { details: letter, .. } = sent else { panic!("{sent:?}") };
    let token = letter.headers["List-Unsubscribe"].trim_matches(['<', '>']).to_owned();
    let expected = |part: &str| {
        let text = shown[part].as_str().unwrap().replace(SAMPLE_VOUCHER, &voucher);
        text.replace("https://api.example.com/u/sample", &token)
    };
    let (html, text) = (with_sample_links(&letter.html), with_sample_links(&letter.text));
    assert_eq!((html, text), (expected("html"), expected("text")));
    for part in [
        "<html lang=\"ar\" dir=\"rtl\"",
        "مرحبًا Ana &lt;b&gt;",
        "https://cdn.example.com/l.png",
        "bgcolor=\"#0a7d4b\"",
        "1 Example Street",
        "href=\"https://app.example.com/v/",
        &token.replace('&', "&amp;"),
    ] {
        assert!(letter.html.contains(part), "{part}: {}", letter.html);
    }
    assert!(
        letter.text.contains("مرحبًا Ana <b>") && letter.text.contains("https://app.example.com/v/")
    );
}

#[tokio::test]
async fn a_draft_is_shown_as_it_is_typed_per_locale_and_channel() {
    let stage = MessagesFixture::new();
    let mut request = draft(messages());
    request["locales"] = json!(["es-MX", "de", "en"]);
    let shown = stage.send("viewer", "POST", PREVIEWS, &[], &request).await.expect_status(200);
    let all: Vec<_> = shown["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            format!(
                "{} {} {}",
                it["channel"].as_str().unwrap(),
                it["locale"].as_str().unwrap(),
                it["fallback"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        all,
        [
            "sms es language",
            "email en default",
            "push es-MX none",
            "sms en default",
            "email en default",
            "push en default",
            "sms en none",
            "email en none",
            "push en none"
        ]
    );
    let sms = &shown["messages"][6];
    assert_eq!(
        sms["sms"]["text"],
        format!("Hi Alexandra, 20% off, up to €10: {SAMPLE_LINK}\nEnd: {SAMPLE_WAY_OUT}")
    );
    assert_eq!((&sms["sms"]["encoding"], &sms["sms"]["segments"]), (&json!("gsm7"), &json!(1)));
    assert_eq!(
        (&sms["sms"]["worst_case_encoding"], &sms["sms"]["worst_case_segments"]),
        (&json!("ucs2"), &json!(5))
    );
    assert_eq!(
        (&sms["variables"]["first_name"], &sms["variables"]["minimum_basket"]),
        (&json!("Alexandra"), &Value::Null)
    );
    assert_eq!(shown["messages"][7]["email"]["way_out"], "https://api.example.com/u/sample");
    let warned = warning_codes(&shown);
    for code in ["made_up", "locale_missing", "worst_case", "no_postal_address"] {
        assert!(warned.contains(&code), "{code}: {warned:?}");
    }

    // the other given parts of the draft are shown, and parts that messages do not show are ignored
    let mut more = draft(messages());
    more["channels"] = json!(["push"]);
    more["draft"]["offer"] =
        json!({"benefit": {"free_delivery": {"cap": {"amount": 300, "currency": "EUR"}}}});
    more["draft"]["name"] = json!("Spring");
    more["draft"]["audience"] = json!({"half": "written"});
    more["draft"]["quiet_hours"] = json!({});
    let shown = stage.preview(more).await.expect_status(200);
    assert_eq!(shown["messages"][0]["push"]["body"], "Free delivery, up to €3");
    assert_eq!(shown["messages"][0]["variables"]["campaign_name"], "Spring");
}

#[tokio::test]
async fn a_mistake_is_named_with_its_place_and_only_where_it_is_shown() {
    let stage = MessagesFixture::new();
    let mut broken = messages();
    broken["locales"]["en"]["sms"]["text"] = json!("Hi {{ first_name }}, {{ nope }}");
    let mut request = draft(broken);
    let refused = stage.preview(request.clone()).await;
    refused.check(422, "invalid_request");
    assert_eq!(refused.errors(), ["/draft/messages/locales/en/sms/text unknown_variable"]);
    // the other channels of the editor, and the other language, still work
    request["channels"] = json!(["email", "push"]);
    assert_eq!(
        stage.preview(request.clone()).await.expect_status(200)["messages"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    request["channels"] = json!(["sms"]);
    request["locales"] = json!(["es"]);
    assert_eq!(
        stage.preview(request).await.expect_status(200)["messages"].as_array().unwrap().len(),
        1
    );

    for (messages, expected) in [
        (
            single_channel("sms", json!({"text": "Hi {{ first_name }}"})),
            "/draft/messages/locales/en/sms/text unfilled_variable",
        ),
        (
            single_channel("sms", json!({"text": "x".repeat(919)})),
            "/draft/messages/locales/en/sms/text too_large",
        ),
        (
            single_channel(
                "push",
                json!({"title": "{{ brand|upper }}", "body": format!("x{}", "{{first_name|default('')|upper}}".repeat(60))}),
            ),
            "/draft/messages/locales/en/push/body too_large",
        ),
        (
            single_channel("email", json!({"subject": "x", "html": "<p>x</p>", "text": " "})),
            "/draft/messages/locales/en/email/text empty",
        ),
        (
            single_channel("email", json!({"subject": "x", "html": "<p>x</p>"})),
            "/draft/messages/locales/en/email/text required",
        ),
        (
            single_channel("email", json!({"subject": "x"})),
            "/draft/messages/locales/en/email exactly_one",
        ),
        (
            single_channel(
                "email",
                json!({"subject": "x", "html": "x", "text": "x", "blocks": []}),
            ),
            "/draft/messages/locales/en/email exactly_one",
        ),
        (
            single_channel(
                "email",
                json!({"subject": "x", "blocks": [{"divider": {}}, {"button": {"text": "Go", "link": "http://a.b/"}}]}),
            ),
            "/draft/messages/locales/en/email/blocks/1/button/link invalid",
        ),
        (
            single_channel("email", json!({"subject": "x", "blocks": [{"video": {}}]})),
            "/draft/messages/locales/en/email/blocks/0 unknown_value",
        ),
        (
            single_channel("push", json!({"title": "x", "body": "x", "image": "http://a.b/c.png"})),
            "/draft/messages/locales/en/push/image invalid",
        ),
        (
            single_channel(
                "push",
                json!({"title": "x", "body": "x", "ios_link": "javascript://x"}),
            ),
            "/draft/messages/locales/en/push/ios_link invalid",
        ),
        (single_channel("fax", json!({})), "/draft/messages/locales/en/fax unknown_field"),
        (
            json!({"default_locale": "english", "locales": {}}),
            "/draft/messages/default_locale invalid",
        ),
    ] {
        let refused = stage.preview(draft(messages)).await;
        refused.check(422, "invalid_request");
        assert_eq!(refused.errors(), [expected]);
    }
}

#[tokio::test]
async fn bad_requests_are_refused_by_their_field() {
    let stage = MessagesFixture::new();
    let with = |name: &str, value: Value| {
        let mut request = draft(messages());
        request[name] = value;
        request
    };
    for (request, expected) in [
        (json!({}), " exactly_one"),
        (with("campaign_id", json!("cmp_1")), " exactly_one"),
        (with("channels", json!(["fax"])), "/channels/0 unknown_value"),
        (with("locales", json!(["en", "English"])), "/locales/1 invalid"),
        (with("locales", json!(vec!["en"; 11])), "/locales too_many"),
        (with("surprise", json!(1)), "/surprise unknown_field"),
        (json!({"draft": []}), "/draft invalid"),
        (json!({"draft": {}}), "/draft required"),
        (
            json!({"draft": {"messages": messages(), "offer": {"benefit": {}}}}),
            "/draft/offer/benefit invalid",
        ),
    ] {
        let refused = stage.preview(request).await;
        refused.check(422, "invalid_request");
        assert_eq!(refused.errors(), [expected]);
    }
    stage.preview(json!({"campaign_id": "cmp_none"})).await.check(404, "campaign_unknown");
    stage.preview(with("customer_id", json!("c-none"))).await.check(404, "customer_unknown");
    let named = with("customer_id", json!("c-1"));
    stage.send("viewer", "POST", PREVIEWS, &[], &named).await.check(403, "forbidden");
    stage.send("nobody", "POST", PREVIEWS, &[], &draft(messages())).await.check(403, "forbidden");
    // a channel without a message yet is only a warning while the operator writes
    let shown = stage
        .preview(json!({"draft": {"messages": single_channel("sms", json!({"text": "x"}))}, "channels": ["push"]}))
        .await
        .expect_status(200);
    assert_eq!(
        (
            shown["messages"].as_array().unwrap().len(),
            warning_codes(&shown).contains(&"message_missing")
        ),
        (0, true)
    );
}

#[tokio::test]
async fn letters_of_every_kind_are_counted_as_networks_count_them() {
    let stage = MessagesFixture::new();
    for (text, encoding, segments, warned) in [
        ("Hello {{ offer }}", "gsm7", 1, None),
        ("🎁 {{ offer }}", "ucs2", 2, Some("`🎁` makes it UCS-2")),
        (
            "مرحبا {{ offer }} عرض خاص لك من المتجر حتى نهاية الأسبوع القادم تفضل",
            "ucs2",
            3,
            Some("makes it UCS-2"),
        ),
        ("שלום {{ offer }}", "ucs2", 2, Some("`ש`, `ל`")),
    ] {
        let shown = stage
            .preview(draft(single_channel("sms", json!({"text": text}))))
            .await
            .expect_status(200);
        let sms = &shown["messages"][0]["sms"];
        assert_eq!(
            (&sms["encoding"], &sms["segments"]),
            (&json!(encoding), &json!(segments)),
            "{sms}"
        );
        let expected = text.replace("{{ offer }}", "20% off, up to €10");
        assert_eq!(sms["text"], format!("{expected}\nEnd: {SAMPLE_WAY_OUT}"));
        let detail =
            shown["warnings"].as_array().unwrap().iter().find(|it| it["code"] == "not_gsm7");
        assert_eq!(
            detail.map(|it| it["detail"].as_str().unwrap().contains(warned.unwrap())),
            warned.map(|_| true),
            "{shown}"
        );
        assert_eq!(warning_codes(&shown).contains(&"several_segments"), segments > 1);
    }
    let rtl = single_channel(
        "email",
        json!({"subject": "عرض {{ offer }}", "html": "<p dir=\"rtl\">مرحبا {{ first_name | default('') }}</p>", "text": "مرحبا"}),
    );
    let shown = stage.preview(draft(rtl)).await.expect_status(200);
    assert_eq!(shown["messages"][0]["email"]["subject"], "عرض 20% off, up to €10");
    assert!(
        shown["messages"][0]["email"]["html"]
            .as_str()
            .unwrap()
            .starts_with("<p dir=\"rtl\">مرحبا Alexandra</p>")
    );
}

#[tokio::test]
async fn values_are_shown_as_each_reader_finds_them() {
    let stage = MessagesFixture::new();
    let text = "{{ full_offer }}, {{ accept_by }}";
    let sms = |text: &str| json!({"sms": {"text": text}});
    let locales: Value = ["en", "es", "ar", "zh-Hant", "pl"]
        .into_iter()
        .map(|tag| (tag.to_owned(), sms(text)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let mut request = draft(json!({"default_locale": "en", "locales": locales}));
    request["locales"] = json!(["es_MX", "ar-EG", "zh-TW", "pl-PL", "hi"]);
    request["draft"]["offer"] = json!({
        "benefit": {"percent": {"percent": 20, "cap": {"amount": 1_000, "currency": "EUR"}}},
        "minimum_basket": {"amount": 3_000, "currency": "EUR"},
    });
    request["draft"]["validity"] =
        json!({"absolute": {"from": "2027-02-01T00:00:00Z", "until": "2027-03-06T00:00:00Z"}});
    let shown = stage.preview(request.clone()).await.expect_status(200);
    let texts: Vec<&str> = shown["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["sms"]["text"].as_str().unwrap())
        .collect();
    assert_eq!(
        texts,
        [
            "20% de descuento, hasta €10, en pedidos desde €30, 5 de marzo de 2027\nBaja: ",
            "خصم ٢٠\u{200e}%\u{200e} بحد أقصى \u{200f}١٠ € على الطلبات بقيمة \u{200f}٣٠ € أو أكثر, ٥ مارس ٢٠٢٧\nللإيقاف: ",
            "滿€30現折20%，最高折抵€10, 2027年3月5日\n退訂：",
            "20% off, up to 10 €, on orders from 30 €, 5 marca 2027\nEnd: ",
            "20% off, up to €10, on orders from €30, March 5, 2027\nEnd: ",
        ]
        .map(|text| format!("{text}{SAMPLE_WAY_OUT}"))
    );
    assert!(warning_codes(&shown).contains(&"offer_in_english"), "there are no Polish words");
    assert!(!warning_codes(&shown).contains(&"accept_by_missing"));

    // the last day to redeem is told, and the offer is dead long before unless it is accepted
    request["draft"]["accept_by"] = json!("2027-02-10T00:00:00Z");
    assert!(
        !warning_codes(&stage.preview(request.clone()).await.expect_status(200))
            .contains(&"accept_by_missing")
    );
    request["draft"]["messages"] =
        single_channel("sms", json!({"text": "{{ offer }}, {{ redeem_by }}"}));
    request["locales"] = json!(["en"]);
    let shown = stage.preview(request).await.expect_status(200);
    assert!(warning_codes(&shown).contains(&"accept_by_missing"), "{shown}");
}
