"""Updates in the real world: the repository behind its signatures, and the doorbell's health under
systemd.
"""
