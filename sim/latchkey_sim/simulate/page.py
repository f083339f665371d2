"""The report of one scenario as one HTML file: no script, nothing from elsewhere, readable by a person."""

import base64
import re
import sys
from collections.abc import Iterable
from html import escape

from latchkey import __version__
from latchkey_sim.simulate.looking import contact_sheets
from latchkey_sim.simulate.playing import Played
from latchkey_sim.simulate.telling import messages
from latchkey_sim.simulate.timeline import timeline_svg

MESSAGES_LIMIT = 500
PAYLOAD_LIMIT_CHARS = 300

_IDS = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{24}\b")

STYLE = """
body { background: #f7f5f0; color: #22262b; font: 15px/1.45 sans-serif; max-width: 1160px; margin: 2em auto;
  padding: 0 1em; }
h1 { margin-bottom: 0; } h2 { margin-top: 2em; } .about { color: #6d747c; margin-top: .2em; }
.passed { color: #3f6b2e; } .failed { color: #8c1d18; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; color: #6d747c; font-weight: normal; }
td, th { padding: .25em .8em .25em 0; vertical-align: top; border-bottom: 1px solid #e4e0d6; }
td.time { white-space: nowrap; text-align: right; font-variant-numeric: tabular-nums; }
code, pre { font: 12.5px/1.4 monospace; } td code { overflow-wrap: anywhere; }
pre { background: #efece4; padding: .8em; overflow-x: auto; } img, svg { width: 100%; height: auto; }
"""


def report_page(played: Played) -> str:
    """Give the page."""
    word = "failed" if played.trouble else "passed"
    about = played.chosen.scene.about if played.chosen.scene else "A scenario drawn by its seed"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">",
        f"<title>{escape(played.chosen.name)}: {word}</title><style>{STYLE}</style></head><body>",
        f'<h1>{escape(played.chosen.name)} <span class="{word}">{word}</span></h1>',
        f'<p class="about">{escape(about)}</p>',
        _facts(played),
        "<h2>Verdicts</h2>",
        _verdicts(played),
        "<h2>Timeline</h2>",
        timeline_svg(played.house),
        "<h2>Contact sheet</h2>",
        *_sheets(played),
        "<h2>Messages</h2>",
        _messages(played),
        "<h2>Trace</h2>",
        f"<p>The lines around {'the first failure' if played.trouble else 'the end'}.</p>",
        f"<pre>{escape(chr(10).join(played.around()))}</pre>",
        "</body></html>",
        "",
    ]
    return "\n".join(parts)


def _facts(played: Played) -> str:
    house, chosen = played.house, played.chosen
    rows = [
        ("repeat it", f"<code>{escape(chosen.command)}</code>"),
        ("seed", escape(str(chosen.seed))),
        ("latchkey", escape(__version__)),
        ("detector", escape(chosen.detector)),
        ("time", f"{played.virtual_s:.1f} s in {played.seconds_wall:.1f} s"),
        ("faults", f"{len(house.faults_met)} of {len(house.scenario.faults)} met"),
        ("trace", f"{len(house.trace.entries)} lines, <code>{house.trace.sha256}</code>"),
    ]
    rows += [("note", escape(note)) for note in [*chosen.notes, *played.unmet]]
    return _table(f"<td>{name}</td><td>{value}</td>" for name, value in rows)


def _verdicts(played: Played) -> str:
    """Tell each checker's promise, which is the first paragraph of its module, and what it found."""
    rows = []
    for checker in played.house.checkers:
        found = [one for one in played.house.verdicts if one.checker == checker.name]
        promise = (sys.modules[type(checker).__module__].__doc__ or "").partition("\n\n")[0]
        word = "failed" if found else "passed"
        told = "<br>".join(escape(str(one)) for one in found)
        rows.append(
            f"<td>{escape(checker.name)}</td><td>{escape(promise)}</td>"
            f'<td class="{word}">{told or "nothing found"}</td>'
        )
    if played.broke:
        rows.append(f'<td>the run itself</td><td></td><td class="failed">{escape(played.broke)}</td>')
    return _table(rows, "<th>checker</th><th>promise</th><th>verdict</th>")


def _sheets(played: Played) -> list[str]:
    sheets = contact_sheets(played.house)
    if not sheets:
        return ["<p>There was nothing to see.</p>"]
    coded = [base64.b64encode(sheet).decode("ascii") for sheet in sheets]
    return [
        f'<img alt="Moments of door{n}: as drawn, and as recorded" src="data:image/png;base64,{data}">'
        for n, data in enumerate(coded)
    ]


def _messages(played: Played) -> str:
    found = messages(played)
    rows = []
    for one in found[:MESSAGES_LIMIT]:
        payload = one["payload"]
        shown = payload if len(payload) <= PAYLOAD_LIMIT_CHARS else f"{payload[:PAYLOAD_LIMIT_CHARS]}…"
        topic = _IDS.sub(r"\1…", one["topic"])
        kept = "kept" if one["retain"] else ""
        rows.append(
            f'<td class="time">{one["at_s"]:.3f} s</td><td>{escape(one["from"])}</td>'
            f"<td><code>{escape(topic)}</code></td><td>{kept}</td><td><code>{escape(shown)}</code></td>"
        )
    head = "<th>at</th><th>from</th><th>topic</th><th>retained</th><th>payload</th>"
    more = len(found) - MESSAGES_LIMIT
    return _table(rows, head) + (f"<p>… and {more} more.</p>" if more > 0 else "")


def _table(rows: Iterable[str], head: str = "") -> str:
    body = "".join(f"<tr>{row}</tr>\n" for row in rows)
    return f"<table>{f'<tr>{head}</tr>' if head else ''}\n{body}</table>"
