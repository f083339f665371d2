"""The owner's side: the key file, and opening clips with it. Runs on a machine the owner trusts."""

from latchkey.owner.files import writing
from latchkey.owner.identities import (
    IdentityFile,
    default_key_path,
    load_identities,
    make_identity_file,
    parse_identity_file,
    public_keys,
)
from latchkey.owner.opening import (
    ClipTorn,
    FacesGone,
    ReadableDisk,
    faces_bytes,
    find_clip,
    list_clips,
    open_chunks,
    open_clip,
    read_meta,
    stream_clip,
)

__all__ = [
    "ClipTorn",
    "FacesGone",
    "IdentityFile",
    "ReadableDisk",
    "default_key_path",
    "faces_bytes",
    "find_clip",
    "list_clips",
    "load_identities",
    "make_identity_file",
    "open_chunks",
    "open_clip",
    "parse_identity_file",
    "public_keys",
    "read_meta",
    "stream_clip",
    "writing",
]
