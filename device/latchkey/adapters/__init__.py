"""The real world: clocks, files, threads, OpenCV, PyAV, paho. Nothing here decides anything.

Adapters turn the errors of libraries into `latchkey.errors`; each passes the same contract
tests as its simulated twin.
"""
