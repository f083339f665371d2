"""`latchkey demo`: one visit, end to end, and an honest account of what stayed and what left.

    out_folder -> broker + subscriber -> set_stage -> play -> open_clips -> review -> report

The device is the real one; only the camera, its clock and the finger on the bell are simulated.
"""

from latchkey_sim.demo.command import COMMAND

__all__ = ["COMMAND"]
