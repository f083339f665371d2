"""Workers: where what takes time happens."""

from collections.abc import Callable
from typing import Literal, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


Lane = Literal["look", "film", "pack", "disk"]


class Ticket(Protocol[T_co]):
    """A job handed to a worker."""

    def done(self) -> bool:
        """Whether `result` would answer at once. Never blocks on a real board; where time is
        virtual, work takes none of it: `done` waits for the job and says True.
        """
        ...

    def wait(self, limit_ns: int) -> bool:
        """Wait for the job, at most so long; whether it is done. For workers, never for the loop."""
        ...

    def result(self) -> T_co:
        """What the job returned; raises what it raised. Only after `done`."""
        ...

    def cost_ns(self) -> int:
        """How long the job ran by the board's clock. Only after `done`."""
        ...


class Workers(Protocol):
    """Where slow work happens: one worker per lane, jobs of a lane in order."""

    def submit(self, lane: Lane, job: Callable[[], T]) -> Ticket[T]:
        """Queue a job. Raises WorkerBusy where the lane's bounded queue is full."""
        ...

    def close(self) -> None:
        """Finish what is queued, then stop."""
        ...
