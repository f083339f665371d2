"""What can be proved about a Raspberry Pi without one: the programs of its processor, run by an emulator.

`python -m emulation.check` (`make pi-check`) runs unit tests, looks and a visit on an emulated Cortex-A53. It
shows that the very wheels a Pi gets work with its instructions, and what they do is the same; no camera, no
GPIO, no hardware encoder, and no speed: emulated costs are those of the emulator.
"""
