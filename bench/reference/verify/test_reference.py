"""Tests of the reference image. They run on a machine that was started from it."""


def test_journal_is_limited(host):
    assert host.file("/etc/systemd/journald.conf").contains("^SystemMaxUse=64M")


def test_ssh_answers(host):
    assert host.service("ssh").is_running


def test_service_user_has_no_home(host):
    assert host.user("service").shell == "/usr/sbin/nologin"
