"""Takes pictures of the sample messages in every language: `make message-pictures`.

Reads the golden files of `shared/domain/tests/emails` (whole e-mails, and what a phone shows), puts
them on sheets, and has Chromium photograph each sheet in light and in dark mode into
`docs/images/messages-*.png`. Someone who reads a language looks at them there; whoever changes the
golden files takes the pictures again. The sheets load nothing from the network: the addresses of
pictures stand for drawings of this file. Letters of Hindi and Chinese come from Debian's fonts,
unpacked into `.local/picture-fonts`.
"""

import html
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "infra" / "local"))
from browser import ensure_browser
from processes import say

SAMPLES = ROOT / "shared" / "domain" / "tests" / "emails"
IMAGES = ROOT / "docs" / "images"
FONTS = ROOT / ".local" / "picture-fonts"
# Droid Sans Fallback has the Chinese letters of both scripts in 4 MB.
PACKAGES = (
    "fonts-lohit-deva",
    "fonts-droid-fallback",
    "fonts-dejavu-core",
    "fonts-noto-core",
)
# The width of a mail program on a phone, and the height in which the longest sample ends.
MAIL_WIDTH, MAIL_HEIGHT = 390, 1250
PHONE_WIDTH, PHONE_HEIGHT = 390, 390
COLUMNS = 5
# How Chromium's setting names the two modes.
MODES = {"light": "1", "dark": "0"}


def drawing(width, height, shapes):
    """Returns the address of a drawing that stands for a picture."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">{shapes}</svg>'
    )
    return "data:image/svg+xml," + quote(svg)


BASKET = (
    '<path d="M{x} {y}h{w}l-{s} {h}h-{b}z" fill="#c98b4b"/>'
    '<circle cx="{cx}" cy="{y}" r="{r}" fill="#d9432f"/>'
    '<circle cx="{dx}" cy="{y}" r="{r}" fill="#5aa845"/>'
)
PICTURES = {
    "https://cdn.example.com/groceries.png?v=2&amp;w=1072": drawing(
        1072,
        480,
        '<rect width="1072" height="480" fill="#e4efd9"/>'
        + BASKET.format(x=386, y=220, w=300, s=40, h=180, b=220, cx=470, dx=590, r=60)
        + '<rect x="706" y="200" width="90" height="200" rx="14" fill="#ffffff"/>'
        '<rect x="706" y="270" width="90" height="60" fill="#3f7fc4"/>',
    ),
    "https://cdn.example.com/basket.png": drawing(
        64, 64, BASKET.format(x=8, y=26, w=48, s=8, h=30, b=32, cx=22, dx=42, r=10)
    ),
    "https://cdn.example.com/logo.png": drawing(
        180,
        40,
        '<circle cx="20" cy="20" r="18" fill="#0a7d4b"/>'
        '<text x="48" y="28" font-family="DejaVu Sans" font-size="22" fill="#1d1d1f">'
        "Market</text>",
    ),
    "https://cdn.example.com/logo-dark.png": drawing(
        180,
        40,
        '<circle cx="20" cy="20" r="18" fill="#3ddc97"/>'
        '<text x="48" y="28" font-family="DejaVu Sans" font-size="22" fill="#f5f5f7">'
        "Market</text>",
    ),
}

STYLE = """
:root { color-scheme: light dark; --page: #e9e9ee; --ink: #1d1d1f; --soft: #6a6a70;
        --bubble: #ffffff; --screen: #f6f6f8 }
@media (prefers-color-scheme: dark) {
  :root { --page: #101012; --ink: #f2f2f4; --soft: #a0a0a8; --bubble: #2c2c30; --screen: #1a1a1d }
}
* { box-sizing: border-box }
body { margin: 0; padding: 20px; background: var(--page); color: var(--ink);
       font: 15px/1.45 "Noto Sans", "Lohit Devanagari", "Droid Sans Fallback", sans-serif }
main { display: grid; grid-template-columns: repeat(COLUMNS, WIDTHpx); gap: 20px }
h2 { margin: 0 0 6px; font-size: 15px; font-weight: 600 }
iframe { display: block; width: 100%; border: 0; border-radius: 12px }
.screen { background: var(--screen); border-radius: 24px; padding: 18px; min-height: 350px }
.notice, .sms { background: var(--bubble); border-radius: 16px; padding: 12px 14px }
.notice b { display: block }
.sms { margin-top: 18px; border-end-start-radius: 4px; width: fit-content; max-width: 92%;
       white-space: pre-wrap; overflow-wrap: anywhere }
small { display: block; margin-top: 6px; color: var(--soft) }
"""


def fonts():
    """Unpacks the fonts once, and returns the file that tells Chromium where they are."""
    config = FONTS / "fonts.conf"
    if config.exists():
        return config
    shutil.rmtree(FONTS, ignore_errors=True)
    FONTS.mkdir(parents=True)
    for package in PACKAGES:
        subprocess.run(
            ["apt-get", "download", "--quiet", package], cwd=FONTS, check=True
        )
    for package in FONTS.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, FONTS / "root"], check=True)
        package.unlink()
    config.write_text(
        f'<?xml version="1.0"?>\n<fontconfig><dir>{FONTS}/root/usr/share/fonts</dir>'
        f"<cachedir>{FONTS}/cache</cachedir></fontconfig>\n"
    )
    return config


def sheet(cells, width):
    """Returns a page with one cell for each language."""
    style = STYLE.replace("COLUMNS", str(COLUMNS)).replace("WIDTH", str(width))
    body = "\n".join(f"<section><h2>{tag}</h2>{cell}</section>" for tag, cell in cells)
    return f'<!doctype html><meta charset="utf-8"><style>{style}</style><main>{body}</main>'


def mail_cell(tag, subject):
    mail = (SAMPLES / f"{tag}.html").read_text()
    for address, picture in PICTURES.items():
        mail = mail.replace(address, html.escape(picture))
    return (
        f'<p dir="auto"><b>{html.escape(subject)}</b></p>'
        f'<iframe srcdoc="{html.escape(mail)}" height="{MAIL_HEIGHT}"></iframe>'
    )


def phone_cell(shown):
    push, sms = shown["push"], shown["sms"]
    return (
        f'<div class="screen"><div class="notice" dir="auto"><b>{html.escape(push["title"])}</b>'
        f'{html.escape(push["body"])}</div><div class="sms" dir="auto">{html.escape(sms["text"])}'
        f"</div><small>SMS segments: {sms['segments']}</small></div>"
    )


def photograph(browser, environment, name, page, size):
    """Photographs a sheet in both modes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.html"
        path.write_text(page)
        for mode, setting in MODES.items():
            picture = IMAGES / f"messages-{name}-{mode}.png"
            arguments = [
                "--no-sandbox",
                "--hide-scrollbars",
                f"--blink-settings=preferredColorScheme={setting}",
                f"--window-size={size[0]},{size[1]}",
                "--virtual-time-budget=2000",
                f"--screenshot={picture}",
                path.as_uri(),
            ]
            subprocess.run(
                [browser, *arguments], env=environment, check=True, capture_output=True
            )
            say(f"{picture.relative_to(ROOT)}: {picture.stat().st_size // 1024} kB")


def main():
    browser = ensure_browser()
    if browser is None:
        sys.exit("no Chromium found: install it (Debian: apt install chromium)")
    environment = os.environ | {"FONTCONFIG_FILE": str(fonts())}
    phones = json.loads((SAMPLES / "phones.json").read_text())
    rows = -(-len(phones) // COLUMNS)
    mails = [
        (tag, mail_cell(tag, shown["push"]["title"])) for tag, shown in phones.items()
    ]
    screens = [(tag, phone_cell(shown)) for tag, shown in phones.items()]
    for name, cells, width, height in (
        ("mail", mails, MAIL_WIDTH, MAIL_HEIGHT + 90),
        ("phone", screens, PHONE_WIDTH, PHONE_HEIGHT),
    ):
        page = sheet(cells, width)
        size = (COLUMNS * (width + 20) + 20, rows * (height + 20) + 20)
        photograph(browser, environment, name, page, size)


if __name__ == "__main__":
    main()
