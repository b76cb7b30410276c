"""Writes events of tasks as JSON lines to the file BAKEHOUSE_TASKS."""

from __future__ import annotations

import json
import os
import time

from ansible.playbook.block import Block
from ansible.plugins.callback import CallbackBase
from ansible.utils.display import Display

DOCUMENTATION = """
name: bakehouse
type: notification
short_description: Task events for the image build
description:
  - Writes one JSON line for each task that starts and each result, with its duration and, if it failed, why.
"""

# Maximum number of characters of a message, because output of a guest can be long. Larger than the displayed length: text is shortened
# only after secrets are redacted.
LONGEST_MESSAGE = 1_000_000

# Ansible warns about strategy plugins other than its own. Mitogen is one, and its version is pinned together with that of Ansible.
SILENCED = "Use of strategy plugins not included in ansible.builtin"


def silence_strategy_notice() -> None:
    spoken = Display.deprecated

    def deprecated(self, msg, *args, **kwargs):
        if not str(msg).startswith(SILENCED):
            spoken(self, msg, *args, **kwargs)

    Display.deprecated = deprecated


silence_strategy_notice()


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "bakehouse"
    CALLBACK_NEEDS_ENABLED = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        path = os.environ.get("BAKEHOUSE_TASKS")
        self.disabled = not path
        self.started = {}
        self.file = open(path, "a", encoding="utf-8", buffering=1) if path else None

    def write(self, **event):
        self.file.write(json.dumps(event) + "\n")

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.start(task)

    def v2_playbook_on_handler_task_start(self, task):
        self.start(task)

    def v2_playbook_on_cleanup_task_start(self, task):
        self.start(task)

    def start(self, task):
        self.started[task._uuid] = time.monotonic()
        self.write(event="start", task=task.get_name().strip())

    def v2_runner_on_ok(self, result):
        self.end(result, "changed" if result.result.get("changed") else "ok")

    def v2_runner_on_skipped(self, result):
        self.end(result, "skipped")

    def v2_runner_on_unreachable(self, result):
        self.end(result, "unreachable", message=message_of(result.result))

    def v2_runner_on_failed(self, result, ignore_errors=False):
        forgiven = bool(ignore_errors) or is_rescued(result.task)
        self.end(result, "failed", message=message_of(result.result), forgiven=forgiven)

    def end(self, result, status, message="", forgiven=False):
        task = result.task
        seconds = time.monotonic() - self.started.get(task._uuid, time.monotonic())
        self.write(
            event="end",
            task=task.get_name().strip(),
            action=task.action,
            status=status,
            ms=round(seconds * 1000),
            message=message[:LONGEST_MESSAGE],
            forgiven=forgiven,
        )


def is_rescued(task) -> bool:
    """Whether the play continues after this failure, because of a rescue section."""
    child, parent = task, task._parent
    while parent is not None:
        if isinstance(parent, Block) and parent.rescue and any(item._uuid == child._uuid for item in parent.block):
            return True
        child, parent = parent, parent._parent
    return False


def message_of(result) -> str:
    """Why a task failed. For a loop: why its first failed item failed. A censored result stays censored."""
    if result.get("censored"):
        return "hidden by no_log"
    for item in result.get("results") or []:
        if isinstance(item, dict) and item.get("failed"):
            return message_of(item)
    parts = [str(result.get("msg") or "").strip()]
    for key in ("module_stderr", "stderr", "stdout"):
        text = str(result.get(key) or "").strip()
        if text and parts[0] in ("", "non-zero return code", "MODULE FAILURE"):
            parts.append(text.splitlines()[-1])
            break
    if "rc" in result and parts[0] == "non-zero return code":
        parts[0] = f"exit code {result['rc']}"
    return ": ".join(part for part in parts if part) or "it said nothing"
