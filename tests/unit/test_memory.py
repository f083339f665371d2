"""What is in memory stays there."""

import subprocess
import sys

CRASH = """
import resource, sys
resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
from latchkey.cli import main
try:
    sys.argv = ["latchkey", "--version"]
    main()
except SystemExit:
    pass
print(resource.getrlimit(resource.RLIMIT_CORE))
import ctypes
print("dumpable", ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


def test_no_command_leaves_a_core_file_behind_when_it_crashes() -> None:
    answer = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, check=True)
    assert "(0, 0)" in answer.stdout
    assert "dumpable 0" in answer.stdout
