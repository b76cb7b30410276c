# Removes build traces and the identity of a Linux machine, then powers it off. /bin/sh runs this as root over the build's connection.
# Variables: SEALED, the text to print when everything is removed; BUILD_KEY, the key of the build; traces, the patterns of what to remove
# (traces/traces.ts). The functions of the other scripts come first.
set -u
fail() { echo "seal: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "expected root, got $(id -un)"
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin:/usr/bin:/bin

require_commands
read_old_identity
quiet

# The boot partition may be mounted by the first access, which takes time: in the background.
ls /boot/efi/loader /efi/loader >/dev/null 2>&1 &
read_homes
wait
prepare_first_boot
remove_traces
fail_if_left
search_identity
report_boot_entries
clear_swap
release_space
remove_again

# What the agent of Session Manager writes until the end is removed after it has stopped. There is no connection then: a machine on which
# something is left stays on, and says why on its console.
finish_without_connection() {
  trap '' HUP PIPE
  fail() { echo "seal: $*" >/dev/console; exit 1; }
  stop_agent
  remove_again
  power_off
}

# `--force`: processes end and file systems are unmounted, but no unit writes its state at shutdown.
power_off() { if has_systemd; then systemctl poweroff --force; else poweroff -f; fi; }

echo "$SEALED"
# With the parentheses, the shell keeps no copy of its output there, which would keep the connection open.
if [ -n "$through_agent" ]; then (finish_without_connection) </dev/null >/dev/null 2>&1 & else power_off; fi
