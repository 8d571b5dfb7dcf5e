"""Defines the cross-vertical promotion of the demo: its audience, its offer and its messages.

Reads nothing; builds the bodies of POST /v1/campaigns and POST /v1/audience-previews, and the
customers' baskets. Guarantees: the same plan gives the same bodies.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from screen import format_money

LADDER = ("push", "email", "sms")
PERCENT = 20
DISCOUNT_CAP = 800  # minor units; no voucher costs more
MINIMUM_BASKET = 1_500  # minor units
HOLDOUT_PERCENT = 10
HOURS_TO_ACCEPT = 168
HOURS_TO_REDEEM = 72
DELIVERY_CAP = 500  # minor units
DELIVERY_TAGS = ("family", "student", "vip")  # the customers of the second promotion
VOUCHERS_AT_LEAST = 1_000  # the caps are shown and must not be reached

VERTICAL_NAMES = {  # as the messages name them
    "en": {"food": "food", "groceries": "groceries", "pharmacy": "pharmacy"},
    "es": {"food": "comida", "groceries": "supermercado", "pharmacy": "farmacia"},
    "de": {"food": "Essen", "groceries": "Supermarkt", "pharmacy": "Apotheke"},
    "fr": {"food": "restaurant", "groceries": "courses", "pharmacy": "pharmacie"},
}
# A place in the app that the demo makes up; phones of no customer open it.
APP_LINK = "marketplace://vouchers/{{ voucher_id }}"
# How the demo's e-mails look. Without a logo, the brand's name stands in its colour.
BRAND = {
    "sender_name": "Marketplace",
    "color": "#0a7d4b",
    "background_color": "#f4f1ea",
    "postal_address": "Marketplace Ltd\n1 Example Street, 28001 Madrid",
    "support": "https://example.com/help",
}
# This file fills {known}, {vertical} and {days}; the API fills {{ variables }} for each customer, in the
# customer's language.
MESSAGE_TEXTS = {
    "en": {
        "no_name": "there",
        "hello": "Hi",
        "subject": "Your first {vertical} order: {{ offer }}",
        "preheader": "Only for you. Accept it in the app.",
        "heading": "Something new for you",
        "paragraph": "You know us for {known}. Now try {vertical}. Your first order costs less:",
        "button": "Accept the offer",
        "until": "Accept it by {{ accept_by }}.",
        "how": "How it works",
        "steps": "Accept it, choose your shop, and it is taken off when you pay. You have {days} days for that.",
        "sms": "{{ offer }}, on your first {vertical} order. Accept: {{ voucher_link }}",
    },
    "es": {
        "no_name": "cliente",
        "hello": "Hola",
        "subject": "Tu primer pedido de {vertical}: {{ offer }}",
        "preheader": "Solo para ti. Acéptala en la app.",
        "heading": "Algo nuevo para ti",
        "paragraph": "Nos conoces por {known}. Prueba ahora {vertical}: tu primer pedido cuesta menos.",
        "button": "Aceptar la oferta",
        "until": "Acéptala hasta el {{ accept_by }}.",
        "how": "Cómo funciona",
        "steps": "Acéptala, elige tu tienda y se descuenta al pagar. Tienes {days} días para usarla.",
        "sms": "{{ offer }}, en tu primer pedido de {vertical}. Acepta: {{ voucher_link }}",
    },
    "de": {
        "no_name": "du",
        "hello": "Hallo",
        "subject": "Deine erste Bestellung, {vertical}: {{ offer }}",
        "preheader": "Nur für dich. Nimm es in der App an.",
        "heading": "Etwas Neues für dich",
        "paragraph": "Du kennst uns für {known}. Probiere jetzt {vertical}: Die erste Bestellung kostet weniger.",
        "button": "Angebot annehmen",
        "until": "Annehmen bis zum {{ accept_by }}.",
        "how": "So geht es",
        "steps": "Annehmen, Laden wählen, und beim Bezahlen wird es abgezogen. Dafür hast du {days} Tage.",
        "sms": "{{ offer }}, auf deine erste Bestellung, {vertical}. Annehmen: {{ voucher_link }}",
    },
    "fr": {
        "no_name": "vous",
        "hello": "Bonjour",
        "subject": "Votre première commande, {vertical} : {{ offer }}",
        "preheader": "Rien que pour vous. À accepter dans l'application.",
        "heading": "Du nouveau pour vous",
        "paragraph": "Vous nous connaissez pour : {known}. Essayez {vertical} : la première commande coûte moins.",
        "button": "Accepter l'offre",
        "until": "À accepter jusqu'au {{ accept_by }}.",
        "how": "Comment ça marche",
        "steps": "Acceptez-la, choisissez votre magasin, et elle est déduite au paiement. Vous avez {days} jours.",
        "sms": "{{ offer }}, sur votre commande, {vertical}. Accepter : {{ voucher_link }}",
    },
}
# of the second promotion, whose voucher goes on the same order
DELIVERY_SENTENCES = {
    "en": "It goes with your other offer.",
    "es": "Se suma a tu otra oferta.",
    "de": "Gilt zusammen mit deinem anderen Angebot.",
    "fr": "Cumulable avec votre autre offre.",
}


@dataclass(frozen=True)
class PromotionPlan:
    """A promotion for customers who know one vertical and have never ordered in another."""

    known: str = "food"
    new: str = "pharmacy"
    currency: str = "EUR"

    def to_json(self) -> dict:
        return asdict(self)

    def offer_text(self) -> str:
        return (
            f"{PERCENT}% off up to {format_money(DISCOUNT_CAP, self.currency)}, "
            f"from {format_money(MINIMUM_BASKET, self.currency)}, {self.new} only"
        )

    def audience_text(self) -> str:
        if self.known == self.new:
            return f"ordered {self.known}, not tagged staff"
        return f"ordered {self.known}, never ordered {self.new}, not tagged staff"

    def audience_rule(self) -> dict:
        rules: list[dict] = [{"ordered": {"vertical": self.known}}]
        if self.known != self.new:
            rules.append({"never_ordered": {"vertical": self.new}})
        rules.append({"not": {"tags": {"any_of": ["staff"]}}})
        return {"all": rules}

    def preview_body(self) -> dict:
        return {"audience": self.audience_rule(), "channels": _channels()}

    def campaign_body(self, name: str, customers: int) -> dict:
        vouchers = max(VOUCHERS_AT_LEAST, customers)
        return {
            "name": name,
            "kind": "promotion",
            "description": f"Cross-vertical trial: {self.audience_text()}",
            "offer": {
                "benefit": {"percent": {"percent": PERCENT, "cap": self._money(DISCOUNT_CAP)}},
                "minimum_basket": self._money(MINIMUM_BASKET),
                "scope": {"verticals": [self.new], "merchants": [], "categories": []},
                "first_order_only": False,
                "combination": {"group": "basket", "with": ["delivery"]},
            },
            "validity": _validity(),
            "audience": self.audience_rule(),
            "channels": _channels(),
            "messages": {
                "default_locale": "en",
                "locales": {locale: self._messages(locale) for locale in MESSAGE_TEXTS},
            },
            "caps": {"vouchers": vouchers, "exposure": self._money(vouchers * DISCOUNT_CAP)},
            "holdout_percent": HOLDOUT_PERCENT,
            "reversal": {"on_cancel": "reissue", "on_refund": "proportional"},
        }

    def delivery_body(self, name: str) -> dict:
        """Returns a second promotion, whose vouchers go on the same order as those of the first."""
        audience = {"all": [self.audience_rule(), {"tags": {"any_of": list(DELIVERY_TAGS)}}]}
        return {
            "name": name,
            "kind": "promotion",
            "description": "Goes on the same order as the voucher of the first promotion",
            "offer": {
                "benefit": {"free_delivery": {"cap": self._money(DELIVERY_CAP)}},
                "combination": {"group": "delivery", "with": ["basket"]},
            },
            "validity": _validity(),
            "audience": audience,
            "channels": _channels(),
            "messages": {
                "default_locale": "en",
                "locales": {
                    locale: {
                        "sms": {"text": "{{ offer }}: {{ voucher_link }}"},
                        "email": {
                            "subject": "{{ offer }}",
                            "blocks": [
                                {"heading": {"text": "{{ offer }}"}},
                                {"text": {"text": sentence}},
                                {"voucher": {"button": MESSAGE_TEXTS[locale]["button"]}},
                            ],
                        },
                        "push": {"title": "{{ offer }}", "body": sentence},
                    }
                    for locale, sentence in DELIVERY_SENTENCES.items()
                },
            },
            "holdout_percent": 0,
            "reversal": {"on_cancel": "reissue", "on_refund": "proportional"},
        }

    def basket(self, in_scope: list[int], others: int, delivery_fee: int, merchant: str) -> dict:
        """Returns a basket with the lines `in_scope` in the offered vertical, numbered from 1."""
        names = [(self.new, merchant, amount) for amount in in_scope]
        if others and self.known != self.new:
            names.append((self.known, f"{self.known}-1", others))
        lines = [
            {"id": str(number), "vertical": vertical, "merchant": merchant, "amount": amount}
            for number, (vertical, merchant, amount) in enumerate(names, 1)
        ]
        return {
            "currency": self.currency,
            "lines": lines,
            "delivery_fee": delivery_fee,
            "first_order": False,
        }

    def _messages(self, locale: str) -> dict:
        texts = {
            name: self._fill_placeholders(text, locale)
            for name, text in MESSAGE_TEXTS[locale].items()
        }
        hello = f"{texts['hello']} {{{{ first_name | default('{texts['no_name']}') }}}}"
        return {
            "sms": {"text": f"{hello}: {texts['sms']}"},
            "email": {
                "subject": texts["subject"],
                "preheader": texts["preheader"],
                "blocks": [
                    {"heading": {"text": texts["heading"]}},
                    {"text": {"text": f"{hello},\n{texts['paragraph']}"}},
                    {
                        "voucher": {
                            "title": "{{ full_offer }}",
                            "text": texts["until"],
                            "button": texts["button"],
                        }
                    },
                    {"divider": {}},
                    {"heading": {"text": texts["how"]}},
                    {"text": {"text": texts["steps"]}},
                ],
            },
            "push": {
                "title": texts["subject"],
                "body": f"{hello}. {texts['preheader']}",
                "ios_link": APP_LINK,
                "android_link": APP_LINK,
            },
        }

    def _fill_placeholders(self, text: str, locale: str) -> str:
        names = VERTICAL_NAMES[locale]
        fills = {
            "{vertical}": names.get(self.new, self.new),
            "{known}": names.get(self.known, self.known),
            "{days}": str(HOURS_TO_REDEEM // 24),
        }
        for name, fill in fills.items():
            text = text.replace(name, fill)
        return text

    def _money(self, minor: int) -> dict:
        return {"amount": minor, "currency": self.currency}


def expected_discount(in_scope: int) -> int:
    """Returns the discount that the API must give.

    It is exact, because the baskets come in steps of 5 minor units.
    """
    return min(DISCOUNT_CAP, in_scope * PERCENT // 100)


def plan_from_orders(verticals: dict[str, int], currencies: dict[str, int]) -> PromotionPlan:
    """Plans the promotion of a user's own data: from the most to the least ordered vertical."""
    if not verticals:
        return PromotionPlan()
    ranked = sorted(verticals, key=lambda name: (-verticals[name], name))
    currency = max(sorted(currencies), key=lambda name: currencies[name], default="EUR")
    return PromotionPlan(ranked[0], ranked[-1], currency)


def _validity() -> dict:
    hours = {"hours": HOURS_TO_REDEEM, "accept_within_hours": HOURS_TO_ACCEPT}
    return {"from_acceptance": hours}


def _channels() -> dict:
    return {"mode": "first_available", "ladder": list(LADDER)}
