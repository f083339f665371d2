"""The world as the runtime sees it: one small protocol per piece, and the boards that hold them.

Real implementations live in `latchkey.adapters` and `latchkey_pi`, simulated ones in
`latchkey_sim`; both pass the same tests in `tests/contract`. Nothing above this line asks
which it got.
"""

from latchkey.ports.board import (
    Board,
    CaptureBoard,
    Ground,
    LinkBoard,
    join,
)
from latchkey.ports.house import (
    Bell,
    Clock,
    Entropy,
    Journal,
    JournalLine,
    Lamp,
    LampState,
    Senses,
    Severity,
    Trouble,
)
from latchkey.ports.line import (
    RECORD_LIMIT_BYTES,
    Heard,
    Line,
    LineDown,
    LineNews,
    LineUp,
)
from latchkey.ports.network import (
    Delivered,
    Link,
    LinkLost,
    LinkNews,
    LinkUp,
    Publication,
    Received,
    Refused,
    Uplink,
)
from latchkey.ports.pictures import (
    Camera,
    ClipEncoder,
    ClipSpec,
    Coded,
    Encoder,
    FaceFinder,
    Still,
)
from latchkey.ports.storage import (
    ClipEntry,
    ClipIndex,
    ClipState,
    Disk,
    DiskFile,
    SealedClip,
)
from latchkey.ports.update import (
    Health,
    SlotDisk,
)
from latchkey.ports.work import (
    Lane,
    Ticket,
    Workers,
)

__all__ = [
    "RECORD_LIMIT_BYTES",
    "Bell",
    "Board",
    "Camera",
    "CaptureBoard",
    "ClipEncoder",
    "ClipEntry",
    "ClipIndex",
    "ClipSpec",
    "ClipState",
    "Clock",
    "Coded",
    "Delivered",
    "Disk",
    "DiskFile",
    "Encoder",
    "Entropy",
    "FaceFinder",
    "Ground",
    "Health",
    "Heard",
    "Journal",
    "JournalLine",
    "Lamp",
    "LampState",
    "Lane",
    "Line",
    "LineDown",
    "LineNews",
    "LineUp",
    "Link",
    "LinkBoard",
    "LinkLost",
    "LinkNews",
    "LinkUp",
    "Publication",
    "Received",
    "Refused",
    "SealedClip",
    "Senses",
    "Severity",
    "SlotDisk",
    "Still",
    "Ticket",
    "Trouble",
    "Uplink",
    "Workers",
    "join",
]
