"""Making an SD card for a doorbell: the files for its boot partition, and a list for Raspberry Pi Imager.

`python -m latchkey_card --help`, with `hardware/image` on PYTHONPATH, or `make pi-card` and `make
pi-manifest`; hardware/FLASH.md tells the whole way.
"""
