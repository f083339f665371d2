"""Updates, simulated: wheels of a moment's size, a server that does what an attacker would, a doorbell's
health.
"""
