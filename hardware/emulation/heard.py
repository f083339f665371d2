"""What an ear at the broker wrote down, held against the table of messages."""

import json
import re
from collections import Counter
from pathlib import Path

from latchkey.wire import TOPICS, WireError, discovery_topic, plain, record, topic_name

DISCOVERY = re.compile(re.escape(discovery_topic("0" * 32)).replace("0" * 32, "[0-9a-f]{32}"))


def wrong_messages(heard: Path) -> tuple[list[str], dict[str, int]]:
    """Give what is wrong with the messages of one doorbell, and how often each topic was published."""
    wrong: list[str] = []
    counts: Counter[str] = Counter()
    for line in heard.read_text().splitlines() if heard.is_file() else ():
        message = json.loads(line)
        name, payload = message["topic"], message.get("payload") or ""
        suffix, error = _judge(name, payload if isinstance(payload, str) else json.dumps(payload))
        counts[suffix] += 1
        if error:
            wrong.append(f"{name}: {error}")
    return wrong, dict(counts)


def _judge(name: str, payload: str) -> tuple[str, str]:
    """Give a topic without the device's id, and what is wrong with the message, or nothing."""
    device = "".join(name.split("/")[1:2])
    if DISCOVERY.fullmatch(name):
        return "discovery", ""
    for topic in TOPICS:
        try:
            if topic.direction != "out" or name != topic_name(device, topic):
                continue
            values = json.loads(payload) if payload.startswith("{") else None
            made = plain(device, topic, payload) if values is None else record(device, topic, values)
            return topic.suffix, "" if made.payload.decode() == payload else "is written in another way"
        except (WireError, ValueError) as error:
            return topic.suffix, str(error)
    return name, "is not in the table"
