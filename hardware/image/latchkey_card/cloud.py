"""What cloud-init reads from the boot partition: `user-data`, `network-config`, `meta-data`.

cloud-init passes over any key that it does not know, and a power cut in the middle of its first boot makes
it leave out the rest for ever. So only keys of a short list are used, and what must not be lost hangs on
`bootcmd`, which runs at every boot: it starts the installer, which keeps its own marks.
"""

import hashlib
import re

from latchkey_card.answers import Answers, quoted

KEYS = frozenset(
    {
        "hostname",
        "manage_etc_hosts",
        "timezone",
        "keyboard",
        "ssh_pwauth",
        "disable_root",
        "user",
        "bootcmd",
    }
)
"""What `user-data` may hold. No password is among them, nor `rpi:`, which no schema checks."""

BOOT = "/boot/firmware"
UNIT = "latchkey-firstboot.service"
LOGIN = "owner"
"""Who logs in by SSH. Not `latchkey`: that is the group of the socket between the two services."""

PSK_ROUNDS = 4096
PSK_BYTES = 32


def user_data(answers: Answers, wheel: str, sha256: str) -> str:
    """Give `user-data`, which starts the installer out of a wheel with that hash."""
    user = [f"  name: {LOGIN}", "  gecos: Owner", "  shell: /bin/bash", "  lock_passwd: true"]
    if answers.ssh_key:
        user.append(f"  sudo: {quoted('ALL=(ALL) NOPASSWD:ALL')}")
        user.append(f"  ssh_authorized_keys: [{quoted(answers.ssh_key)}]")
    else:
        user.append("  sudo: null")
    script = "\n".join(f"      {line}" for line in start_script(wheel, sha256).splitlines())
    return "\n".join(
        [
            "#cloud-config",
            "# Made by `make pi-card`. Make it anew, do not change it: after a slip nothing of it is read.",
            f"hostname: {answers.hostname}",
            "manage_etc_hosts: true",
            f"timezone: {quoted(answers.timezone)}",
            f"keyboard: {{model: pc105, layout: {quoted(answers.keyboard)}}}",
            "# Nobody logs in with a password: there is none.",
            "ssh_pwauth: false",
            "disable_root: true",
            "user:",
            *user,
            "# At every boot, until all is installed: the first boot may be cut short anywhere.",
            "bootcmd:",
            "  - - sh",
            "    - -c",
            "    - |",
            script,
            "",
        ]
    )


def start_script(wheel: str, sha256: str, boot: str = BOOT) -> str:
    """Give the shell lines that start the installer; a damaged copy of it makes the light blink evenly."""
    return f"""\
cd {boot}/latchkey 2>/dev/null && [ -f card.json ] || exit 0
if ! echo '{sha256}  wheels/{wheel}' | sha256sum -c --status 2>/dev/null; then
  echo '{wheel} was not copied whole: copy the files of make pi-card again' > ../latchkey-log.txt
  for light in ACT led0; do
    [ -e /sys/class/leds/$light/trigger ] && echo timer > /sys/class/leds/$light/trigger
  done
  exit 0
fi
mkdir -p /run/systemd/system
cp {UNIT} /run/systemd/system/
systemctl daemon-reload
systemctl start --no-block {UNIT}
"""


def unit(wheel: str) -> str:
    """Give the installer's unit: it lies in memory only, so nothing of it is left once all is installed."""
    return f"""\
[Unit]
Description=Latchkey: first boot
StartLimitIntervalSec=0

[Service]
Type=exec
Environment=PYTHONPATH={BOOT}/latchkey/wheels/{wheel}
ExecStart=/usr/bin/python3 -sB -m latchkey_pi.firstboot
Restart=on-failure
RestartSec=30
"""


def network_config(answers: Answers, psk: str) -> str:
    """Give `network-config`, in netplan's form. `psk` is what `wifi_psk` gives."""
    lines = [
        "network:",
        "  version: 2",
        "  ethernets:",
        "    eth0:",
        "      dhcp4: true",
        "      optional: true",
    ]
    if answers.wifi_name:
        lines += [
            "  wifis:",
            "    wlan0:",
            "      dhcp4: true",
            "      optional: true",
            f"      regulatory-domain: {quoted(answers.wifi_country)}",
            "      access-points:",
            f"        {quoted(answers.wifi_name)}:",
            *([f"          password: {quoted(psk)}"] if psk else ["          auth: {key-management: none}"]),
        ]
    return "\n".join([*lines, ""])


def meta_data(instance: str) -> str:
    """Give `meta-data`. A new instance makes cloud-init begin anew: so each card has its own."""
    return f"dsmode: local\ninstance-id: latchkey-{instance}\n"


def wifi_psk(name: str, password: str) -> str:
    """Give the key that a WPA2 network derives from name and password: good for this network, not for
    whatever else has the same password. Raises ValueError for what is no password.
    """
    if not password:
        return ""
    if re.fullmatch(r"[0-9a-fA-F]{64}", password):
        return password.lower()
    if not 8 <= len(password.encode()) <= 63:
        raise ValueError("a Wi-Fi password has 8 to 63 signs")
    return hashlib.pbkdf2_hmac("sha1", password.encode(), name.encode(), PSK_ROUNDS, PSK_BYTES).hex()


def wrong_user_data(data: bytes) -> list[str]:
    """Say what would keep cloud-init from understanding a `user-data` file; nothing where all is well."""
    wrong = []
    if not data.startswith(b"#cloud-config\n") and not data.startswith(b"#cloud-config\r\n"):
        wrong.append("the first line has to be #cloud-config, without anything before it")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return [*wrong, "it is not UTF-8"]
    seen: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        if "\t" in line[: len(line) - len(line.lstrip())]:
            wrong.append(f"line {number}: YAML takes spaces, no tabs")
        found = re.match(r"([^\s#:][^:]*):(\s|$)", line)
        if found is None:
            continue
        key = found[1].strip("\"'")
        if key not in KEYS:
            wrong.append(f"line {number}: {key} is none of ours: cloud-init may pass over it without a word")
        if key in seen:
            wrong.append(f"line {number}: {key} stands twice")
        seen.add(key)
    wrong += [f"{key} is missing" for key in sorted({"user", "bootcmd"} - seen)]
    return wrong
