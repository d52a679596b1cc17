# SPDX-License-Identifier: Apache-2.0
"""What is a whole page? One file that fetches nothing and runs no script but its own."""

import base64
import hashlib

from cardwise_report.html_svg import esc, tag


def document(title: str, style: str, body: str, script: str = "") -> str:
    """`style`, `body` and `script` are markup already; the title is escaped here."""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy += f"; script-src 'sha256-{digest}'"
        body += f"<script>{script}</script>"
    head = [
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<link rel="icon" href="data:,">',
        tag("title", esc(title, 80)),
        f"<style>{style}</style>",
    ]
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head>{"".join(head)}</head><body>{body}</body></html>\n'
    )
