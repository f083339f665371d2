#!/bin/sh
# Stands in for apt-get and dpkg on the emulated board, which has no network. What exists in Debian was unpacked
# when the image was made; what is Raspberry Pi's own (camera, pins) is not there at all.
echo "offline: $0 $* does nothing here"
