"""What a command may fail with in an expected way.

Trouble
├── BrokerError   a local broker that cannot run
├── ChildError    a process of ours that could not start
├── FileError     a file that cannot be used
├── KafkaError    a broker or a topic that cannot be used
└── PageError     a page of metrics that cannot be served
"""

from __future__ import annotations


class Trouble(Exception):  # noqa: N818 - shown to people, who did nothing exceptional
    """Something the user must mend; the text is one sentence that says how."""
