"""What the machine does: questions whose answers take more than one look."""

import pytest


@pytest.fixture(scope="module")
def sshd(host):
    """The settings that sshd uses, from all of its files."""
    lines = host.check_output("/usr/sbin/sshd -T").splitlines()
    return dict(line.split(" ", 1) for line in lines if " " in line)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("permitrootlogin", "without-password"),
        ("passwordauthentication", "no"),
        ("permitemptypasswords", "no"),
        ("x11forwarding", "no"),
        ("maxauthtries", "4"),
    ],
)
def test_sshd_uses(sshd, setting, value):
    assert sshd[setting] == value


def test_audit_watches_the_users(host):
    rules = host.check_output("/sbin/auditctl -l")
    assert "-w /etc/shadow -p wa -k identity" in rules


def test_journal_is_kept_across_boots(host):
    assert host.file("/var/log/journal").is_directory
    assert host.check_output("journalctl --header | grep -c '^File path: /var/log/journal'") != "0"


def test_security_updates_are_chosen(host):
    said = host.check_output("apt-config dump Unattended-Upgrade::Origins-Pattern")
    assert "label=Debian-Security" in said


def test_core_dumps_are_off(host):
    assert host.check_output("su -s /bin/sh -c 'ulimit -H -c' nobody") == "0"


@pytest.mark.parametrize("module", ["dccp", "sctp"])
def test_rare_protocols_cannot_be_loaded(host, module):
    assert "/bin/false" in host.check_output("/sbin/modprobe --dry-run --show-depends %s 2>&1 || true", module)
