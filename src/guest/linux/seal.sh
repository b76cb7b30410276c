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
overwrite_traces
# The list comes last: removing an account writes backup files.
remove_others
remove_listed
empty_logs
fail_if_left
search_identity
report_boot_entries
clear_swap
release_space
# Nothing should have been written meanwhile. If it was, remove it again, and fail if it comes back.
if [ -n "$(find_left)" ]; then
  end_writers
  overwrite_traces
  remove_others
  remove_listed
  empty_logs
  sync
  fail_if_left
fi

echo "$SEALED"
# `--force`: processes end and file systems are unmounted, but no unit writes its state at shutdown.
if has_systemd; then systemctl poweroff --force; else poweroff -f; fi
