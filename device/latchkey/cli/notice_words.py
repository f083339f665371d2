"""What the notice for visitors says, in each language: only what the settings make true, in plain words."""

from dataclasses import dataclass
from html import escape
from ipaddress import ip_address

from latchkey.settings import Settings
from latchkey.vault.book import KeyBook

PAPERS = {"a5": ("148mm", "210mm", "11.6pt"), "a6": ("105mm", "148mm", "7.9pt")}
"""Width, height and size of the text."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a visitor may want to know, from the settings and the key book."""

    armed: bool
    mode: str
    before_s: float
    after_s: float
    days: int
    viewers: int
    face_hours: int
    broker: str
    """The host that messages go to; empty = none."""

    @classmethod
    def of(cls, settings: Settings, book: KeyBook) -> "Facts":
        """Take them from where the device takes them."""
        return cls(
            armed=settings.baseline.armed,
            mode=settings.privacy.mode,
            before_s=settings.recording.pre_roll_s,
            after_s=settings.recording.post_roll_s,
            days=min(book.days, settings.vault.days or book.days),
            viewers=len(book.viewers),
            face_hours=settings.privacy.face_layer_hours,
            broker=settings.mqtt.host,
        )


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one language. Names in braces are filled in; a pair is one and several."""

    title: str
    off: str
    when: str
    modes: dict[str, str]
    missed: str
    never: str
    where: str
    broker: str
    far_broker: str
    no_broker: str
    who: tuple[str, str]
    days: tuple[str, str]
    faces: str
    passed_on: str
    ask: str
    heads: tuple[str, str, str, str]


ENGLISH = Words(
    title="This doorbell has a camera",
    off="It is set to record nothing. It only announces that somebody rang.",
    when="When somebody rings or moves in front of it, it records a clip: from {before_s} seconds before to"
    " {after_s} seconds after.",
    modes={
        "faces": "Faces are covered before the clip is stored.",
        "people": "People are covered, from head to foot, before the clip is stored.",
        "motion": "All that moves is covered before the clip is stored.",
        "everything": "The whole picture is covered: a clip shows that there was something, not what.",
    },
    missed="The program that does this can miss somebody.",
    never="No sound. Nobody's face is recognised or compared.",
    where="Clips stay in this house, encrypted. They are not sent to any company or cloud.",
    broker="Short messages such as “somebody rang” go to this household's own system, without pictures.",
    far_broker="Short messages such as “somebody rang” go to {broker}, without pictures. Who runs it can read"
    " them.",
    no_broker="It sends no messages either.",
    who=(
        "One key opens the clips. This household holds it.",
        "{viewers} keys open the clips. This household gave them out.",
    ),
    days=(
        "After one day a clip is deleted, unless the household keeps it on purpose.",
        "After {days} days a clip is deleted, unless the household keeps it on purpose.",
    ),
    faces="What lies under the covers is kept too, encrypted apart, for {face_hours} hours at most. The"
    " household can open it; each time is written down.",
    passed_on="Who opens a clip can copy it. No program can prevent that.",
    ask="Questions, or a clip with you in it? Ask:",
    heads=("What it records", "What it hides", "Where it stays, and who sees it", "How long"),
)

GERMAN = Words(
    title="Diese Türklingel hat eine Kamera",
    off="Sie ist so eingestellt, dass sie nichts aufnimmt. Sie meldet nur, dass jemand klingelt.",
    when="Wenn jemand klingelt oder sich davor bewegt, nimmt sie auf: von {before_s} Sekunden davor bis"
    " {after_s} Sekunden danach.",
    modes={
        "faces": "Gesichter werden verdeckt, bevor die Aufnahme gespeichert wird.",
        "people": "Menschen werden von Kopf bis Fuß verdeckt, bevor die Aufnahme gespeichert wird.",
        "motion": "Alles, was sich bewegt, wird verdeckt, bevor die Aufnahme gespeichert wird.",
        "everything": "Das ganze Bild wird verdeckt: Eine Aufnahme zeigt, dass etwas war, aber nicht, was.",
    },
    missed="Das Programm, das verdeckt, kann jemanden übersehen.",
    never="Kein Ton. Niemandes Gesicht wird erkannt oder verglichen.",
    where="Aufnahmen bleiben verschlüsselt in diesem Haus. Keine Firma und keine Cloud bekommt sie.",
    broker="Kurze Meldungen wie „es hat geklingelt“ gehen ohne Bilder an die eigene Anlage des Haushalts.",
    far_broker="Kurze Meldungen wie „es hat geklingelt“ gehen ohne Bilder an {broker}. Wer das betreibt, kann"
    " sie lesen.",
    no_broker="Auch Meldungen verschickt sie nicht.",
    who=(
        "Ein Schlüssel öffnet die Aufnahmen. Dieser Haushalt hat ihn.",
        "{viewers} Schlüssel öffnen die Aufnahmen. Dieser Haushalt hat sie vergeben.",
    ),
    days=(
        "Nach einem Tag wird eine Aufnahme gelöscht, außer der Haushalt hebt sie absichtlich auf.",
        "Nach {days} Tagen wird eine Aufnahme gelöscht, außer der Haushalt hebt sie absichtlich auf.",
    ),
    faces="Was unter den Abdeckungen liegt, wird auch aufgehoben, getrennt verschlüsselt, höchstens"
    " {face_hours} Stunden. Der Haushalt kann es öffnen; jedes Mal wird es vermerkt.",
    passed_on="Wer eine Aufnahme öffnet, kann sie kopieren. Das kann kein Programm verhindern.",
    ask="Fragen, oder eine Aufnahme mit Ihnen? Bitte an:",
    heads=("Was sie aufnimmt", "Was sie verbirgt", "Wo es bleibt, und wer es sieht", "Wie lange"),
)

LANGUAGES = {"en": ENGLISH, "de": GERMAN}

SIGN = """<svg viewBox="0 0 120 60" aria-hidden="true" fill="none" stroke="#111" stroke-width="4">
<rect x="2" y="8" width="62" height="44" rx="8"/><circle cx="33" cy="30" r="13"/>
<circle cx="98" cy="22" r="14"/><rect x="82" y="12" width="32" height="20" rx="4" fill="#111" stroke="none"/>
<path d="M76 56a22 18 0 0 1 44 0"/></svg>"""
"""A camera, and a face whose upper half is covered."""

PAGE = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
@page {{ size: {width} {height}; margin: 0 }}
body {{ box-sizing: border-box; width: {width}; height: {height}; margin: 0; padding: 7%; color: #111;
  font: {size}/1.35 "DejaVu Sans", Verdana, Helvetica, sans-serif; display: flex; flex-direction: column }}
svg {{ width: 30% }}
h1 {{ font-size: 1.6em; line-height: 1.15; margin: 0.4em 0 0.2em }}
h2 {{ font-size: 1em; margin: 0.7em 0 0.1em }}
p {{ margin: 0 }}
main {{ margin-bottom: 1em }}
.ask {{ margin-top: auto; padding-top: 0.6em; border-top: 2px solid #111 }}
</style>
</head>
<body>
{sign}
<h1>{title}</h1>
<main>
{text}
</main>
<p class="ask">{ask} <strong>{who}</strong></p>
</body>
</html>"""


def notice(facts: Facts, ask: str, language: str, paper: str) -> str:
    """Give the page, as HTML that prints on one sheet."""
    words, (width, height, size) = LANGUAGES[language], PAPERS[paper]
    text = "\n".join(f"<h2>{head}</h2>\n<p>{body}</p>" for head, body in _chapters(words, facts))
    return PAGE.format(
        language=language, title=words.title, width=width, height=height, size=size, sign=SIGN,
        text=text if facts.armed else f"<p>{words.off}</p>", ask=words.ask, who=escape(ask),
    )  # fmt: skip


def _chapters(words: Words, facts: Facts) -> list[tuple[str, str]]:
    when = words.when.format(before_s=f"{facts.before_s:g}", after_s=f"{facts.after_s:g}")
    hidden = [words.modes[facts.mode]]
    if facts.mode in ("faces", "people"):
        hidden.append(words.missed)
    told = words.no_broker
    if facts.broker:
        told = words.broker if _at_home(facts.broker) else words.far_broker
    told = told.format(broker=escape(facts.broker))
    opens = words.who[facts.viewers > 1].format(viewers=facts.viewers)
    kept = [words.days[facts.days > 1].format(days=facts.days)]
    if facts.face_hours:
        kept.append(words.faces.format(face_hours=facts.face_hours))
    stays = [words.where, told, opens, words.passed_on]
    bodies = ([when, words.never], hidden, stays, kept)
    return [(head, " ".join(body)) for head, body in zip(words.heads, bodies, strict=True)]


def _at_home(host: str) -> bool:
    """Whether a host can only be in this house's own network; of any other name nobody can know that."""
    name = host.lower().rstrip(".")
    try:
        address = ip_address(name)
    except ValueError:
        return name == "localhost" or name.endswith((".localhost", ".local"))
    return address.is_private
