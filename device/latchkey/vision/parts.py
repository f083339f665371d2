"""The parts of the filter that a bench can take out, to measure what each contributes.

Nothing but a bench does: no setting, no message and no command of a doorbell reaches this.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parts:
    """Which parts work; all do unless told otherwise.

    `attention`: windows around what has changed, in between looks at the whole. `close_ups`: closer looks at
    small movement without a face. `second_scale`: a face lost in a window is searched half as large.
    `following`: a face that a look loses is searched, and followed, where its pixels went.
    `brightening`: the detector is shown a brighter picture at dusk. `look_ahead`: what is seen later counts
    too. `tracks`: faces are covered on their way between looks, and straight on beyond them. `precaution`:
    persons without a face are covered where the head would be.
    """

    attention: bool = True
    close_ups: bool = True
    second_scale: bool = True
    following: bool = True
    brightening: bool = True
    look_ahead: bool = True
    tracks: bool = True
    precaution: bool = True


ALL_PARTS = Parts()
