"""What every worker pool does: jobs of a lane in order, errors to the ticket, bounded queues."""

import threading
from collections.abc import Callable, Iterator

import pytest

from latchkey.adapters.clock import SystemClock
from latchkey.adapters.workers import QUEUE_LIMIT, ThreadWorkers
from latchkey.errors import WorkerBusy
from latchkey.ports import Ticket, Workers
from latchkey.units import NS_PER_MS
from latchkey_sim.clock import VirtualClock
from latchkey_sim.workers import VirtualWorkers

Waiter = Callable[[Ticket[object]], None]


@pytest.fixture(params=["threads", "lockstep", "virtual"])
def pool(request: pytest.FixtureRequest) -> Iterator[tuple[Workers, Waiter]]:
    if request.param == "virtual":
        virtual_clock = VirtualClock(0)
        yield (
            VirtualWorkers(virtual_clock, {"look": 30 * NS_PER_MS}),
            lambda _: virtual_clock.wait_until(virtual_clock.now_ns() + NS_PER_MS),
        )
        return
    clock = SystemClock()
    workers = ThreadWorkers(clock, lockstep=request.param == "lockstep")
    yield workers, lambda _: clock.wait_until(clock.now_ns() + NS_PER_MS)
    workers.close()


def _wait(ticket: Ticket[object], waiter: Waiter) -> None:
    for _ in range(10_000):
        if ticket.done():
            return
        waiter(ticket)
    pytest.fail("the job never ended")


def test_jobs_of_a_lane_run_in_order(pool: tuple[Workers, Waiter]) -> None:
    workers, waiter = pool
    ran: list[int] = []
    tickets = [workers.submit("film", lambda n=n: ran.append(n)) for n in range(20)]  # type: ignore[misc]
    _wait(tickets[-1], waiter)
    assert ran == list(range(20))


def test_the_ticket_gives_the_answer(pool: tuple[Workers, Waiter]) -> None:
    workers, waiter = pool
    ticket = workers.submit("look", lambda: 7)
    _wait(ticket, waiter)
    assert ticket.result() == 7


def test_the_ticket_raises_what_the_job_raised_and_the_lane_goes_on(pool: tuple[Workers, Waiter]) -> None:
    workers, waiter = pool
    broken = workers.submit("look", lambda: 1 // 0)
    fine = workers.submit("look", lambda: 2)
    _wait(fine, waiter)
    with pytest.raises(ZeroDivisionError):
        broken.result()
    assert fine.result() == 2


def test_a_hanging_thread_lane_refuses_more_than_its_queue_holds() -> None:
    workers = ThreadWorkers(SystemClock())
    gate = threading.Event()
    workers.submit("look", gate.wait)
    for _ in range(QUEUE_LIMIT - 1):
        workers.submit("look", bool)
    with pytest.raises(WorkerBusy):
        _overfill(workers)
    other = workers.submit("film", lambda: "another lane is free")
    for _ in range(10_000):
        if other.done():
            break
        threading.Event().wait(0.001)
    assert other.result() == "another lane is free"
    gate.set()
    workers.close()


def _overfill(workers: ThreadWorkers) -> None:
    """The thread may have taken the first job out of the queue or not: two more are surely too many."""
    workers.submit("look", bool)
    workers.submit("look", bool)


def test_a_hanging_virtual_lane_refuses_more_than_its_queue_holds() -> None:
    workers = VirtualWorkers(VirtualClock(0), {}, queue_limit=3)
    workers.hang("look")
    tickets = [workers.submit("look", bool) for _ in range(3)]
    with pytest.raises(WorkerBusy):
        workers.submit("look", bool)
    assert not any(ticket.done() for ticket in tickets)


def test_virtual_work_takes_its_cost_and_one_lane_does_one_job_at_a_time() -> None:
    clock = VirtualClock(0)
    workers = VirtualWorkers(clock, {"look": 30})
    first, second = workers.submit("look", bool), workers.submit("look", bool)
    clock.wait_until(30)
    assert (first.done(), second.done()) == (True, False)
    clock.wait_until(60)
    assert second.done()


def test_in_lockstep_a_job_costs_nothing_however_far_the_loop_gets_meanwhile() -> None:
    """Or how often faces are looked for in a recording would depend on how fast the machine is."""
    clock, gate = VirtualClock(0), threading.Event()
    workers = ThreadWorkers(clock, lockstep=True)
    ticket = workers.submit("look", gate.wait)
    clock.wait_until(NS_PER_MS)
    gate.set()
    assert ticket.done()
    assert ticket.cost_ns() == 0
    workers.close()
