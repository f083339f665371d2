"""Measures the privacy filter on faces whose place is known, by what the written file shows.

Generated walks (`walks`), photographs made into clips (`stills`) and footage with reference boxes
(`videos`) go through the filter and two simpler policies (`policies`), are encoded and decoded
again, and are scored (`latchkey_sim.scoring`). `latchkey bench-faces` runs all of it.
"""
