"""The owner's side: the key file, and opening clips with it. Runs on a machine the owner trusts."""

from latchkey.owner.chain import Held, VaultChain, placed
from latchkey.owner.files import writing
from latchkey.owner.identities import (
    IdentityFile,
    load_identities,
    parse_identity_file,
)
from latchkey.owner.opening import (
    ClipTorn,
    FacesGone,
    ReadableDisk,
    faces_bytes,
    find_clip,
    is_seen_damaged,
    list_clips,
    open_chunks,
    open_clip,
    read_meta,
    stream_clip,
)
from latchkey.owner.recovering import NothingProved, joined_chunks, recover_clip
from latchkey.owner.trust import trusted_devices
from latchkey.owner.verifying import Findings, Outcome, Place, judge, limited, read_companion
from latchkey.owner.watching import ProofWatch

__all__ = [
    "ClipTorn",
    "FacesGone",
    "Findings",
    "Held",
    "IdentityFile",
    "NothingProved",
    "Outcome",
    "Place",
    "ProofWatch",
    "ReadableDisk",
    "VaultChain",
    "faces_bytes",
    "find_clip",
    "is_seen_damaged",
    "joined_chunks",
    "judge",
    "limited",
    "list_clips",
    "load_identities",
    "open_chunks",
    "open_clip",
    "parse_identity_file",
    "placed",
    "read_companion",
    "read_meta",
    "recover_clip",
    "stream_clip",
    "trusted_devices",
    "writing",
]
