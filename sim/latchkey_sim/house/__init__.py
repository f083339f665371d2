"""A house in virtual time: production devices, simulated surroundings, faults, and checkers that watch."""
