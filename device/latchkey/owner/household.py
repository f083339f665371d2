"""The owner's state: who signs, who reads, which days are still readable. Pure; `owner.store` keeps it.

- Of the days, only the ratchet of the oldest readable day is held: a copy of it made on day d opens
  every day from d - T on, for ever, and none before.
- Face layers have a ratchet and a T of their own: what opens a clip opens no face, and faces go no later.
- The floor moves with the earlier of the owner's own day and the newest day that a device signed: a clock
  that is wrong by ten years erases nothing. Before a device was heard nothing is erased without a yes.
- Nor does such a clock sign anything: a device deletes by the day that its owner signs.
- A holding key is erased T days after the owner first saw a clip that it opens, by the newest day that a
  device had signed then, or after the day that this clip has got since, if that is later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from latchkey.clip import Take, X25519Identity
from latchkey.clip.signing import SigningKey
from latchkey.errors import OwnerKeyError
from latchkey.owner.custody import NO_CUSTODY, Custody
from latchkey.owner.ratchet import REACH_DAYS, Ratchet, Use
from latchkey.vault.book import KEY_DAYS, LONGEST_DAYS, HoldingKey, KeyBook, Viewer, encode_book
from latchkey.vault.days import day_text
from latchkey.vault.signed import whole
from latchkey.vault.trust import LEAP_DAYS, TimeOrder, encode_time

SHORTEST_DAYS = 1
HOLDING_KEYS = 64
"""Starts of the device with a clock that is not to be believed, between two books."""


class ClockWrong(OwnerKeyError):
    """The owner's clock is more than the 400 days of a key book ahead of every day that is known."""

    def __init__(self, today: int, known: int) -> None:
        super().__init__(
            f"this machine's clock says {day_text(today)}, and all that is known of is {day_text(known)}:"
            " a doorbell that was told so would delete its clips",
            hint=f"set the clock; if it is right, `latchkey owner advance --to {day_text(today)}` first",
        )
        self.today = today
        self.known = known


class ClockBehind(OwnerKeyError):
    """The owner's clock says a day that is past by what is known: by its own keys, or `by_doorbell`."""

    def __init__(self, today: int, known: int, *, by_doorbell: bool = False) -> None:
        hint = "set the clock"
        if by_doorbell:
            hint += (
                "; if it is right, a doorbell's ran ahead:"
                f" `latchkey owner book --vault DIR --today {day_text(today)}` puts it right"
            )
        super().__init__(
            f"this machine's clock says {day_text(today)}, past by what is known, {day_text(known)}",
            hint=hint,
        )
        self.today = today
        self.known = known


@dataclass(frozen=True, slots=True)
class HoldingSecret:
    """The secret half of a holding key; `seen_day` is when the owner first saw a clip of it, or None.

    `device` is whose clip that was, where a household has several: another may have signed later days before
    this one has given the clip its day. None = not known.
    """

    number: int
    secret: bytes = field(repr=False)
    seen_day: int | None = None
    device: bytes | None = None


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device of the household: its Ed25519 public key, and the newest day that it signed, or None.

    What it signs on `revoked_day` and later is not believed; None = it is trusted.
    """

    public: bytes
    newest_day: int | None = None
    name: str = ""
    revoked_day: int | None = None

    def trusted_on(self, day: int) -> bool:
        """Whether what it signed on a UTC day is believed."""
        return self.revoked_day is None or day < self.revoked_day


@dataclass(frozen=True, slots=True)
class Household:
    """The state of an owner. `number` is that of the last order signed; secrets never show in its repr.

    `viewer` is the owner's own id as a reader, `days` the owner's T, `others` are all further viewers,
    `names` what the owner calls them: pairs of id and name. `face_ratchet` and `face_days` are for face
    layers; a state that was written before there were any has None, until the first change to it.
    """

    number: int
    seed: bytes = field(repr=False)
    viewer: str
    days: int
    ratchet: Ratchet
    long_term: bytes = field(repr=False)
    holding: tuple[HoldingSecret, ...] = ()
    others: tuple[Viewer, ...] = ()
    devices: tuple[KnownDevice, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    custody: Custody = NO_CUSTODY
    face_days: int = SHORTEST_DAYS
    face_ratchet: Ratchet | None = None

    @property
    def signing_key(self) -> SigningKey:
        """The key that signs orders."""
        return SigningKey(self.seed)

    @property
    def newest_day(self) -> int | None:
        """The newest UTC day that any device of the household signed, or None."""
        days = [device.newest_day for device in self.devices if device.newest_day is not None]
        return max(days, default=None)

    @property
    def long_term_recipient(self) -> str:
        """The age public key that kept clips are sealed to."""
        return str(X25519Identity(self.long_term).recipient)

    def book(self, today: int) -> tuple["Household", bytes]:
        """Sign a new book with the owner's keys for the next 400 days; give the state after it, and the book.

        Raises ClockBehind for a day that is past by what is known, ClockWrong, OwnerKeyError.
        """
        self._check_signing_day(today)
        after = replace(self, number=self.number + 1)
        holding = tuple(
            HoldingKey(one.number, X25519Identity(one.secret).recipient.point)
            for one in self.holding
            if one.seen_day is None
        )
        book = KeyBook(
            number=after.number,
            owner=self.signing_key.public,
            time=today,
            viewers=(self._own_viewer(today), *self.others),
            holding=holding,
            long_term=X25519Identity(self.long_term).recipient.point,
        )
        return after, encode_book(book, self.signing_key)

    def _own_viewer(self, today: int) -> Viewer:
        """Give the owner as a reader; without keys for faces of days whose keys were erased ahead."""
        keys, faces = tuple(self.ratchet.public_keys(today, KEY_DAYS)), self.face_ratchet
        if faces is None or faces.day >= today + KEY_DAYS:
            return Viewer(self.viewer, self.days, today, keys)
        first_day = max(today, faces.day)
        face_keys = tuple(faces.public_keys(first_day, today + KEY_DAYS - first_day))
        return Viewer(self.viewer, self.days, today, keys, self.face_days, face_keys)

    def time_order(self, today: int) -> tuple["Household", bytes]:
        """Sign that it is `today`; give the state after it, and the order. Raises as `book`."""
        self._check_signing_day(today)
        after = replace(self, number=self.number + 1)
        order = TimeOrder(after.number, self.signing_key.public, today)
        return after, encode_time(order, self.signing_key)

    def _check_signing_day(self, today: int) -> None:
        """Refuse to sign a day that only a wrong clock can have: devices delete by it, and believe it.

        One that is told a day more than `LEAP_DAYS` past does not believe the right day any more. By up to so
        many a doorbell's own clock may run ahead: then the owner's is the right one.
        """
        if today < self.ratchet.day:
            raise ClockBehind(today, self.ratchet.day)
        newest = self.newest_day
        if newest is not None and today < newest - LEAP_DAYS:
            raise ClockBehind(today, newest, by_doorbell=True)
        known = max(self.ratchet.day + self.days, newest or 0)
        if today > known + KEY_DAYS:
            raise ClockWrong(today, known)

    def put_back(self, today: int) -> "Household":
        """Give the state for which no device has signed a day after `today`: the clock of one ran ahead."""
        devices = tuple(
            one if one.newest_day is None else replace(one, newest_day=min(one.newest_day, today))
            for one in self.devices
        )
        return replace(self, devices=devices)

    def with_holding_keys(self, take: Take) -> "Household":
        """Give the state with `HOLDING_KEYS` unused holding keys, drawing those that are missing."""
        unused = sum(one.seen_day is None for one in self.holding)
        first = max((one.number for one in self.holding), default=0) + 1
        fresh = [
            HoldingSecret(first + n, take("owner/holding", 32)) for n in range(max(0, HOLDING_KEYS - unused))
        ]
        return replace(self, holding=(*self.holding, *fresh))

    def with_face_ratchet(self, take: Take) -> "Household":
        """Give the state with keys for face layers, drawing them where it has none."""
        if self.face_ratchet is not None:
            return self
        return replace(
            self, face_ratchet=Ratchet(self.ratchet.day, take("owner/face-ratchet", 32), Use.FACES)
        )

    def heard(self, public: bytes, day: int) -> "Household":
        """Take note of a day that a trusted device signed; days of others, and older ones, change nothing."""
        devices = tuple(
            replace(one, newest_day=max(day, one.newest_day if one.newest_day is not None else day))
            if one.public == public and one.revoked_day is None
            else one
            for one in self.devices
        )
        return replace(self, devices=devices)

    def saw_holding(self, numbers: Sequence[int], device: bytes | None = None) -> "Household":
        """Take note that the owner has seen clips of these holding keys, all of `device`: their days begin.

        They begin with the newest day that a device signed, whatever the owner's clock says: at 1970 it would
        erase these keys at the next look, years ahead it would hold them for years. Before a device was heard
        they do not begin.
        """
        if self.newest_day is None:
            return self
        today = max(self.newest_day, self.ratchet.day)
        holding = tuple(
            replace(one, seen_day=today, device=device)
            if one.number in numbers and one.seen_day is None
            else one
            for one in self.holding
        )
        return replace(self, holding=holding)

    def dated_holding(self, days: Mapping[int, int], own_day: int) -> "Household":
        """Take note of the days that clips without one have got since: their keys live for T days after them.

        A day that has not surely come counts for nothing: anybody can give a file another name.
        """
        sure_day = self.sure_day(own_day)

        def dated(one: HoldingSecret) -> HoldingSecret:
            day = days.get(one.number)
            if day is None or one.seen_day is None or sure_day is None or day > sure_day:
                return one
            return replace(one, seen_day=max(one.seen_day, day))

        return replace(self, holding=tuple(dated(one) for one in self.holding))

    def sure_day(self, own_day: int) -> int | None:
        """Give the day that surely has come, by the owner's clock and a device's; None = unknown."""
        newest = self.newest_day
        return None if newest is None else min(own_day, newest)

    def advance(self, own_day: int) -> "Household":
        """Erase what is older than T days, as far as is sure. On each use of the state."""
        sure_day = self.sure_day(own_day)
        if sure_day is None:
            return self
        after = self.advance_to(sure_day)
        held = tuple(one for one in self.holding if one in after.holding or self._is_early(one, sure_day))
        return replace(after, holding=held)

    def _is_early(self, one: HoldingSecret, sure_day: int) -> bool:
        """Whether the device whose clip a holding key opens has not signed the days yet that are over."""
        newest = next((device.newest_day for device in self.trusted if device.public == one.device), None)
        return (
            newest is not None
            and one.seen_day is not None
            and one.seen_day >= min(sure_day, newest) - self.days
        )

    @property
    def trusted(self) -> tuple[KnownDevice, ...]:
        """The devices that were not revoked."""
        return tuple(device for device in self.devices if device.revoked_day is None)

    def advance_to(self, day: int) -> "Household":
        """Erase what is older than T days on `day`, whatever the clocks say: after a typed yes only.

        Raises OwnerKeyError beyond 100 years.
        """
        floor, faces = day - self.days, self.face_ratchet
        held = tuple(one for one in self.holding if one.seen_day is None or one.seen_day >= floor)
        return replace(
            self,
            ratchet=self.ratchet.advance(floor),
            holding=held,
            face_ratchet=None if faces is None else faces.advance(day - self.face_days),
        )

    def has_erased(self, before: "Household") -> bool:
        """Whether this state lacks keys that the one before it held."""
        faces, faces_before = self.face_ratchet, before.face_ratchet
        return (
            self.ratchet != before.ratchet
            or (faces_before is not None and faces != faces_before)
            or not {one.number for one in before.holding} <= {one.number for one in self.holding}
        )

    def identities(self, day: int) -> tuple[str, ...]:
        """Give the secret keys for clips of a day: that day's if it lives, the long-term and holding ones."""
        held = (X25519Identity(one.secret).text for one in self.holding)
        return (*self.day_keys(day), X25519Identity(self.long_term).text, *held)

    def day_keys(self, day: int) -> tuple[str, ...]:
        """Give the secret key of a day; () where it is erased, or the day is none that comes."""
        return _key_of(self.ratchet, day)

    def face_keys(self, day: int) -> tuple[str, ...]:
        """Give the secret key for the face layers of a day; () likewise. Kept clips' are no exception."""
        return () if self.face_ratchet is None else _key_of(self.face_ratchet, day)

    def readers_of(self, day: int) -> tuple[str, ...]:
        """Give the owner's own public key for a clip of a day, while it lives; else ().

        Who else could open it nobody knows any more: on that day viewers may have been added and revoked.
        """
        return (str(self.ratchet.day_identity(day).recipient),) if self.day_keys(day) else ()


def new_household(today: int, days: int, take: Take, face_days: int = SHORTEST_DAYS) -> Household:
    """Make a household whose keys begin `today`. `take` must be real entropy (streams `owner/…`).

    Raises OwnerKeyError for an impossible number of days; faces go no later than their clips.
    """
    bare = Household(
        number=0,
        seed=take("owner/signing", 32),
        viewer=take("owner/viewer", 16).hex(),
        days=whole(days, 1, LONGEST_DAYS, "the number of days"),
        ratchet=Ratchet(today, take("owner/ratchet", 32)),
        long_term=take("owner/long-term", 32),
        face_days=whole(face_days, SHORTEST_DAYS, days, "the number of days for faces"),
    )
    return bare.with_face_ratchet(take).with_holding_keys(take)


def _key_of(ratchet: Ratchet, day: int) -> tuple[str, ...]:
    if not ratchet.day <= day <= ratchet.day + REACH_DAYS:
        return ()
    return (ratchet.day_identity(day).text,)
