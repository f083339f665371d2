"""The sound of the chime: two tones of a struck bell, made here, so that no file has to be shipped."""

import io
import wave

import numpy as np

RATE_HZ = 22_050
HIGH_HZ, LOW_HZ = 659.26, 523.25
"""E5, then C5: the usual ding-dong, a major third down."""

TONE_S, LAST_S = 0.55, 1.1
DECAY_S = 0.35
OVERTONES = ((1.0, 1.0), (2.76, 0.35), (5.4, 0.12))
"""Frequency and loudness of a bar's partials, relative to the lowest."""

LOUDNESS = 0.8
CLICK_S = 0.004
"""The beginning and end fade in so long: else the loudspeaker clicks."""


def chime_wav() -> bytes:
    """Give a WAV file, mono, 16 bits."""
    sound = np.concatenate([_struck(HIGH_HZ, TONE_S), _struck(LOW_HZ, LAST_S)])
    pcm = np.asarray(np.round(sound / np.abs(sound).max() * LOUDNESS * 32767), "<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(pcm.tobytes())
    return out.getvalue()


def _struck(hertz: float, seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    tone = sum(loud * np.sin(2 * np.pi * hertz * ratio * t) for ratio, loud in OVERTONES)
    edge = np.minimum(np.minimum(t, seconds - t) / CLICK_S, 1)
    return np.asarray(tone * np.exp(-t / DECAY_S) * np.clip(edge, 0, 1), np.float64)
