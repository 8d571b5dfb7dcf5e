"""Which destination countries want which origination identity for SMS.

Taken in November 2026 from AWS's lists, which change: "Sender ID registration" and the pages of the
countries (https://docs.aws.amazon.com/end-user-messaging/latest/userguide/nx-reg-type-sender.html,
https://docs.aws.amazon.com/sms-voice/latest/userguide/registrations-country.html), and "Supported
countries and regions" (https://docs.aws.amazon.com/sms-voice/latest/userguide/phone-numbers-sms-by-country.html).
"""

SOURCE = "https://docs.aws.amazon.com/sms-voice/latest/userguide/phone-numbers-sms-by-country.html"

# A sender id has to be registered before a message is delivered, or a number of the country leased.
REGISTERED_SENDER_ID = {
    "AE": "United Arab Emirates",
    "AT": "Austria",
    "AU": "Australia",
    "BY": "Belarus",
    "EG": "Egypt",
    "ES": "Spain",  # since 15 September 2026, in the registry of the CNMC
    "FI": "Finland",
    "GB": "United Kingdom",
    "ID": "Indonesia",
    "IE": "Ireland",
    "IN": "India",  # with the DLT's entity and template ids
    "JO": "Jordan",
    "KE": "Kenya",
    "KW": "Kuwait",
    "KZ": "Kazakhstan",
    "LK": "Sri Lanka",
    "PH": "Philippines",
    "QA": "Qatar",
    "RU": "Russia",
    "SA": "Saudi Arabia",
    "SG": "Singapore",
    "TH": "Thailand",
    "TR": "Turkey",
    "VN": "Vietnam",
    "ZM": "Zambia",
}

# Sender ids are not supported at all: a number that is leased, and mostly registered, is needed.
NUMBER_ONLY = {
    "AS": "American Samoa",
    "CA": "Canada",
    "CN": "China",
    "GU": "Guam",
    "PR": "Puerto Rico",
    "US": "United States",
    "VI": "US Virgin Islands",
}
