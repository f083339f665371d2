"""Latchkey on a Raspberry Pi: the `pi` board, its drivers and the rules they follow.

Libraries of the board (picamera2, libcamera, gpiozero) are loaded when the board opens, never before: they
exist on a Pi only, and this package is imported everywhere.
"""
