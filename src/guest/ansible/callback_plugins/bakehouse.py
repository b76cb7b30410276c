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

# Maximum number of characters of a text, because output of a guest can be long. Larger than the displayed length: text is shortened
# only after secrets are redacted.
LONGEST_TEXT = 1_000_000

# The parts of a result that say why a task failed. The program chooses the line that it shows.
REASON_KEYS = ("msg", "rc", "assertion", "failed_when_result", "module_stderr", "stderr", "module_stdout", "stdout")

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
        forgiven = bool(getattr(result.task, "ignore_unreachable", False))
        self.end(result, "unreachable", reason=reason_of(result.result), forgiven=forgiven)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        forgiven = bool(ignore_errors) or is_rescued(result.task)
        self.end(result, "failed", reason=reason_of(result.result), forgiven=forgiven)

    def end(self, result, status, reason=None, forgiven=False):
        task = result.task
        seconds = time.monotonic() - self.started.get(task._uuid, time.monotonic())
        self.write(
            event="end",
            task=task.get_name().strip(),
            action=task.action,
            status=status,
            ms=round(seconds * 1000),
            reason=reason,
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


def reason_of(result) -> dict:
    """The parts of a result that say why a task failed; of a loop, of its first failed item. A censored result stays censored."""
    if result.get("censored"):
        return {"censored": True}
    for item in result.get("results") or []:
        if isinstance(item, dict) and (item.get("failed") or item.get("unreachable")):
            return {"item": reason_of(item)}
    parts = {key: shorten(result[key]) for key in REASON_KEYS if key in result}
    modules = result.get("failed_modules")
    if isinstance(modules, dict):
        parts["failed_modules"] = {str(name): reason_of(one) for name, one in modules.items() if isinstance(one, dict)}
    return parts


def shorten(value):
    if isinstance(value, (list, tuple)):
        return [shorten(one) for one in value]
    return value if isinstance(value, (bool, int, float)) or value is None else str(value)[:LONGEST_TEXT]
