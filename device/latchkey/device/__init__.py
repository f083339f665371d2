"""The device itself: two sides, one message boundary, one loop.

`Device` holds both sides; `CaptureProcess` and `LinkProcess` hold one each. Modules are imported by their
names: the process with the network loads nothing of the one with the camera.
"""
