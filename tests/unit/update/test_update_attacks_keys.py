"""What an attacker does who has keys, and how the publisher takes them away again."""

import json
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from latchkey.errors import UpdateRefused

if TYPE_CHECKING:
    from latchkey_release.desk import Doorbell, World


def refused(door: "Doorbell", match: str, runs: int = 1) -> None:
    """The device says no, and goes on running what it ran."""
    with pytest.raises(UpdateRefused, match=match):
        door.update()
    assert (door.runs, door.device.slots.pointed("good"), door.health.restarts) == (runs, runs, [])


def signed_by(world: "World", role: str, count: int) -> dict[str, list[Any]]:
    """Give the keys of an attacker who has that many of a role, and all that lie on the server."""
    return {**world.keys, role: world.keys[role][:count]}


def test_a_repository_with_keys_of_its_own_is_not_believed(
    world: "World", desk: ModuleType, door: "Doorbell"
) -> None:
    keys = {role: [desk.key(f"foreign {role} {n}") for n in range(3)] for role in desk.ROLES}
    foreign = desk.Repository.new(keys, desk.THRESHOLDS, world.now)
    wheels = desk.wheels_of("6.6.6")
    blobs = [desk.Blob(f"wheels/{name}", data) for name, data in wheels.items()]
    foreign.publish(desk.described("6.6.6", 666, wheels), blobs, keys, world.now)
    world.origin.files = foreign.files
    refused(door, "not signed by")


def test_one_stolen_key_of_two_signs_no_release(world: "World", desk: ModuleType, door: "Doorbell") -> None:
    wheels = desk.wheels_of("6.6.6")
    blobs = [desk.Blob(f"wheels/{name}", data) for name, data in wheels.items()]
    release = desk.described("6.6.6", 666, wheels)
    world.repository.publish(release, blobs, signed_by(world, "targets", 1), world.now)
    refused(door, "not signed by")


def test_the_same_stolen_key_does_not_count_twice(world: "World", desk: ModuleType, door: "Doorbell") -> None:
    world.publish("6.6.6", 666)
    name = f"metadata/{world.repository.targets.version}.targets.json"
    metadata = json.loads(world.repository.files[name])
    metadata["signatures"] = metadata["signatures"][:1] * 2
    forged = json.dumps(metadata).encode()
    world.repository.files[name] = forged
    meta = world.repository.snapshot.meta["targets.json"]
    world.repository.renew(world.keys, world.now)
    assert meta.version == world.repository.targets.version
    refused(door, "cannot be trusted|not signed by")


@pytest.mark.parametrize("role", ["targets", "snapshot", "timestamp"])
def test_keys_that_were_replaced_sign_nothing_any_more(
    world: "World", desk: ModuleType, door: "Doorbell", role: str
) -> None:
    """Also if all of a role were stolen: the root keys take them away, and releases go on with new ones."""
    stolen = world.keys[role]
    world.keys[role] = [desk.key(f"new {role} {n}") for n in range(len(stolen))]
    world.repository.rotate(role, world.keys[role], world.keys["root"], world.now)
    world.publish("0.2.0", 2)
    assert door.update()
    old = {**world.keys, role: stolen}
    wheels = desk.wheels_of("6.6.6")
    blobs = [desk.Blob(f"wheels/{name}", data) for name, data in wheels.items()]
    world.repository.publish(desk.described("6.6.6", 666, wheels), blobs, old, world.now)
    refused(world.doorbell(door.disk, door.clock), "not signed by", runs=2)


def test_a_device_follows_the_root_through_changes_of_all_its_keys(
    world: "World", desk: ModuleType, door: "Doorbell"
) -> None:
    for turn in range(3):
        new = [desk.key(f"root {turn} {n}") for n in range(3)]
        world.repository.rotate("root", new, [*world.keys["root"][:2], *new], world.now)
        world.keys["root"] = new
    world.publish("0.2.0", 2)
    assert door.update()
    fresh = world.doorbell()  # was given root 1, and has to go all the way
    assert fresh.update()


def forged_root(world: "World", desk: ModuleType, signers: list[Any]) -> None:
    """Put a root on the server by which keys of the attacker sign everything."""
    files = dict(world.repository.files)
    attacked = desk.Repository(files)
    evil = [desk.key(f"evil {n}") for n in range(2)]
    for role in desk.ROLES:
        for keyid in list(attacked.root.roles[role].keyids):
            attacked.root.revoke_key(keyid, role)
        attacked.root.add_key(evil[0].public_key, role)
        attacked.root.roles[role].threshold = 1
    attacked.root.version += 1
    files[f"metadata/{attacked.root.version}.root.json"] = desk.sign(attacked.root, [evil[0], *signers])
    world.origin.files = files


@pytest.mark.parametrize("stolen", [0, 1])
def test_fewer_root_keys_than_have_to_sign_do_not_change_the_root(
    world: "World", desk: ModuleType, door: "Doorbell", stolen: int
) -> None:
    forged_root(world, desk, world.keys["root"][:stolen])
    refused(door, "not signed by")
    world.origin.files = world.repository.files
    world.publish("0.2.0", 2)
    assert world.doorbell(door.disk, door.clock).update()


def test_enough_stolen_root_keys_do_change_it_and_that_is_the_limit_of_all_this(
    world: "World", desk: ModuleType, door: "Doorbell"
) -> None:
    forged_root(world, desk, world.keys["root"][:2])
    refused(door, "not signed by")  # by the old timestamp: the new root counts already
    world.origin.files = world.repository.files
    refused(world.doorbell(door.disk, door.clock), "not signed by")


@pytest.mark.parametrize("skipped", [1, 2])
def test_a_root_is_never_skipped_nor_taken_twice(
    world: "World", desk: ModuleType, door: "Doorbell", skipped: int
) -> None:
    for _ in range(2):
        world.repository.sign_root(world.keys["root"], world.now)
    files = dict(world.repository.files)
    files["metadata/2.root.json"] = files["metadata/3.root.json" if skipped == 1 else "metadata/1.root.json"]
    world.origin.files = files
    refused(door, "older than what was seen")


def test_a_key_of_another_kind_than_ed25519_is_not_taken(world: "World", door: "Doorbell") -> None:
    """The root itself cannot be read then: what one device checks, each must be able to."""
    text = world.pinned.replace(b'"scheme":"ed25519"', b'"scheme":"rsassa-pss-sha256"', 1)
    world.pinned = text
    refused(world.doorbell(door.disk, door.clock), "cannot be trusted")


def changed(data: bytes, **fields: Any) -> bytes:
    """Change what is signed, and leave the signatures."""
    metadata = json.loads(data)
    metadata["signed"].update(fields)
    return json.dumps(metadata).encode()


FAR = "2099-01-01T00:00:00Z"


def test_a_promise_that_was_made_longer_without_the_key_is_worth_nothing(
    world: "World", door: "Doorbell"
) -> None:
    world.publish("0.2.0", 2)
    name = "metadata/timestamp.json"
    world.origin.files = {**world.repository.files, name: changed(world.repository.files[name], expires=FAR)}
    refused(door, "not signed by")


def test_a_root_under_signatures_of_the_one_before_is_worth_nothing(
    world: "World", desk: ModuleType, door: "Doorbell"
) -> None:
    files = dict(world.repository.files)
    evil = desk.key("evil").public_key
    signed = json.loads(files["metadata/1.root.json"])["signed"]
    for role in desk.ROLES:
        signed["roles"][role] = {"keyids": [evil.keyid], "threshold": 1}
    signed["keys"][evil.keyid] = evil.to_dict()
    files["metadata/2.root.json"] = changed(files["metadata/1.root.json"], **{**signed, "version": 2})
    world.origin.files = files
    refused(door, "not signed by")


def test_targets_under_signatures_of_others_are_worth_nothing_though_the_online_keys_vouch_for_them(
    world: "World", door: "Doorbell"
) -> None:
    world.publish("0.2.0", 2)
    name = f"metadata/{world.repository.targets.version}.targets.json"
    world.repository.files[name] = changed(world.repository.files[name], expires=FAR)
    world.repository.renew(world.keys, world.now)
    refused(door, "not signed by")


@pytest.mark.parametrize("signature", ["", "00", "zz" * 64, "00" * 64, "ff" * 64, "00" * 63])
def test_what_is_no_signature_does_not_pass_for_one(world: "World", door: "Doorbell", signature: str) -> None:
    world.publish("0.2.0", 2)
    name = "metadata/timestamp.json"
    metadata = json.loads(world.repository.files[name])
    metadata["signatures"][0]["sig"] = signature
    world.origin.files = {**world.repository.files, name: json.dumps(metadata).encode()}
    refused(door, "not signed by")


def test_other_kinds_of_keys_are_unknown_to_tuf_whatever_it_knew_before(
    world: "World", monkeypatch: pytest.MonkeyPatch
) -> None:
    from securesystemslib.signer import KEY_FOR_TYPE_AND_SCHEME

    from latchkey.adapters.updates.keys import Ed25519Key

    monkeypatch.setitem(KEY_FOR_TYPE_AND_SCHEME, ("rsa", "rsassa-pss-sha256"), Ed25519Key)
    world.doorbell()
    assert dict(KEY_FOR_TYPE_AND_SCHEME) == {("ed25519", "ed25519"): Ed25519Key}
