"""`latchkey doctor`: what is wrong with this doorbell, and the command or movement of a hand that mends it.

    machine (files, systemctl) -> probes -> facts -> rules -> findings -> report (text, JSON)
                                                     catalogue -> findings, page (TROUBLESHOOTING.md)

It only reads: no camera is opened, no lock is taken, nothing is written, so it runs beside the doorbell.
What it cannot know is told as not known. Every finding stands in the catalogue, and the page for people is
made from the same data: `python -m latchkey_pi.doctor > hardware/TROUBLESHOOTING.md`.
"""
