"""The pytest plugin: fixtures of simulated doorbells for anybody's tests. `docs/sim-pytest.md`.

`hooks` is the entry point, loaded into every pytest run where this package is installed: it imports pytest
and nothing else. All that is heavy comes with the first test that asks for it.
"""
