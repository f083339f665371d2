"""The scene as a camera."""

from latchkey.errors import CameraLost, FootageEnded
from latchkey.frames import RawFrame
from latchkey.ports import Clock, Still
from latchkey_sim.scene.render import Scene


class SceneCamera:
    """Takes the frames of a scene when they are due, by the board's clock.

    The scene begins when the camera is made (`start_ns`) and goes on while the camera is closed:
    after `restart` the next frame is the next one to come.
    """

    def __init__(self, scene: Scene, clock: Clock) -> None:
        self._scene = scene
        self._clock = clock
        self._next = 0
        self._open = True
        self.start_ns = clock.now_ns()

    @property
    def fps(self) -> float:
        """Pictures a second of the scene."""
        return self._scene.fps

    def read(self) -> RawFrame | Still | None:
        """Draw the next frame if it is due. Raises FootageEnded after the last, CameraLost if closed."""
        if not self._open:
            raise CameraLost("the scene's camera is closed")
        if self._next >= self._scene.frame_count:
            raise FootageEnded("the scene has ended")
        at_ns = self._due_ns()
        if at_ns > self._clock.now_ns():
            return Still(at_ns)
        self._next += 1
        return self._scene.render(self._next - 1, at_ns)

    def restart(self) -> None:
        """Look at the scene again, from now on."""
        self._open = True
        while self._next < self._scene.frame_count and self._due_ns() < self._clock.now_ns():
            self._next += 1

    def close(self) -> None:
        """Stop looking."""
        self._open = False

    def _due_ns(self) -> int:
        return self.start_ns + self._scene.at_ns(self._next)
