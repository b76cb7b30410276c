# Checks a machine that was started from a candidate image: does it hold traces of the build, and is it healthy? docs/checks.md
# describes each check. /bin/sh runs this as root. Variables: TRIAL_KEY, the body of the only key that may log in; NOW, the correct
# time in seconds; BOOTS, how often the machine has been started; SINCE, when it was first started (empty: at this boot); traces, lines of
# `check|pattern`; unique, patterns of files that differ on each machine (traces/traces.ts).
# Each check prints one line: `case⇥status⇥milliseconds⇥check⇥message`. The functions of logins.sh come first.
set -u
: "${TRIAL_KEY:?}"
export LC_ALL=C
boot=$(sed -n 's/^btime //p' /proc/stat)
echo "booted $boot"
boot=${SINCE:-$boot}

clock() { read -r up _ </proc/uptime; up=${up%.*}${up#*.}; }
begin() { clock; start=$up; }
half=case
# Starting a process takes an emulated machine longer than most checks: a message that is empty needs none.
say() {
  clock
  text=${3:-}
  [ -z "$text" ] || text=$(printf %s "$text" | tr '\t\n' '  ' | cut -c1-400)
  printf '%s\t%s\t%s\t%s\t%s\n' "$half" "$1" "$(((up - start) * 10))" "$2" "$text"
  begin
}
passed() { say passed "$1"; }
failed() { say failed "$1" "$2"; }
skipped() { say skipped "$1" "$2"; }
# Passes if the second argument is empty; fails with its first lines otherwise.
none() { if [ -z "$2" ]; then passed "$1"; else failed "$1" "found $(printf %s "${2# }" | head -n 5)"; fi; }
# Prints those of the given paths that exist, broken links too.
there() { for file; do [ -e "$file" ] || [ -L "$file" ] && echo "$file"; done; }
has() { command -v "$1" >/dev/null 2>&1; }

begin
if has systemctl; then
  # Before systemd 240, `--wait` does not wait. The first boot of a machine with snaps takes minutes.
  clock; limit=$((up + ${SETTLE:-240} * 100))
  state=$(timeout "${SETTLE:-240}" systemctl is-system-running --wait 2>/dev/null)
  while case $state in starting | initializing) [ "$up" -lt "$limit" ] ;; *) false ;; esac; do
    sleep 1
    state=$(systemctl is-system-running 2>/dev/null)
    clock
  done
  case $state in
    running) passed system-running ;; # it is not `running` while a unit has failed
    degraded) failed system-running "the state is degraded; failed units: $(systemctl --failed --plain --no-legend | cut -d' ' -f1 | tr '\n' ' ')" ;;
    *) failed system-running "the state is ${state:-unknown}, expected running" ;;
  esac
  none no-failed-services "$([ "$state" = running ] || systemctl --failed --plain --no-legend | cut -d' ' -f1)"
else
  skipped system-running 'systemd is not installed'
  skipped no-failed-services 'systemd is not installed'
fi

# Reads the accounts: home folders that exist, each once; home folders of people. Folders in memory are no part of the image.
homes=' ' people='' builders='' managers='' rulers='' open='' known=''
# `|| [ -n ... ]`: the last line may have no line end.
while IFS=: read -r user password id _ _ home _ || [ -n "$user" ]; do
  case $user in bakehouse* | packer* | vagrant*) builders="$builders $user" ;; ansible*) managers="$managers $user" ;; esac
  [ "$id" = 0 ] && [ "$user" != root ] && rulers="$rulers $user"
  case $password in '') open="$open $user" ;; x | '!'* | '*'*) ;; *) known="$known $user" ;; esac
  case $home in '' | / | /proc* | /dev* | /run/*) continue ;; esac
  case $homes in *" $home "*) continue ;; esac
  [ -d "$home" ] || continue
  homes="$homes$home "
  case $home in /bin | /sbin | /usr/bin | /usr/sbin | /usr/games) continue ;; esac
  case $home in /root | /home/* | /usr/local/*) people="$people $home" ;; *) [ "$id" -ge 1000 ] && people="$people $home" ;; esac
done </etc/passwd

# Files that the machine wrote are newer than its first boot; files from the build are older. One minute of tolerance, as clocks are
# set at boot. `roots` has a line `|path|check` for each existing path of the list, and a single `find` prints the older files in them.
roots='' nl='
'
add_root() { [ -e "$2" ] || [ -L "$2" ] || return; roots="$roots|$2|$1$nl"; }
while IFS='|' read -r check pattern; do
  case $pattern in
    '') ;;
    '~/'*) for home in $homes; do for path in $home/${pattern#'~/'}; do add_root "$check" "$path"; done; done ;;
    *) for path in $pattern; do add_root "$check" "$path"; done ;;
  esac
done <<END
$traces
END
# Not the content of an old folder in /tmp: there can be thousands of files.
left=$(printf %s "$roots" | cut -d'|' -f2 | tr '\n' '\0' | xargs -0 -r sh -c 'find "$@" ! -newerct "$0" \
  \( \( -path "/tmp/*" -o -path "/var/tmp/*" \) -printf "%H|%p\n" -prune -o \
  \( -type f -size +0 -o -type l ! -path "/var/log/*" \) -printf "%H|%p\n" \)' "@$((boot - 60))" 2>/dev/null)
old_host_keys=$(find /etc/ssh -path '/etc/ssh/ssh_host_*_key*' ! -newerct "@$((boot - 60))" 2>/dev/null)
# Passes if the search found no path of that check.
gone() {
  found=${2-}
  while IFS='|' read -r root path; do
    case $roots in *"|$root|$1$nl"*) found="$found $path" ;; esac
  done <<END
$left
END
  none "$1" "$found"
}

# The other checks run as two halves in parallel: an emulated machine needs about the same time for each. Lines of the second half
# begin with `case2`.
check_access() {
# Identity.
id=
[ -r /etc/machine-id ] && read -r id </etc/machine-id
case $id in
  *[!0-9a-f]* | '') failed machine-id-set "expected 32 hexadecimal digits, got '$id'" ;;
  *) if [ ${#id} = 32 ]; then passed machine-id-set; else failed machine-id-set "expected 32 hexadecimal digits, got '$id'"; fi ;;
esac
other=$id
[ -e /var/lib/dbus/machine-id ] && read -r other </var/lib/dbus/machine-id
if [ "$other" != "$id" ]; then
  failed machine-id-consistent '/var/lib/dbus/machine-id differs from /etc/machine-id'
else passed machine-id-consistent; fi
echo "machine-id $id"
read_sshd
report_host_keys
gone random-seed-new
# A file that asks for a new name is no name.
gone no-service-identities "$(find /etc/iscsi/initiatorname.iscsi ! -newerct "@$((boot - 60))" -exec grep -l '^InitiatorName=' {} + 2>/dev/null)"

# Identities that the builder compares between the machines of one image. A file that asks for a new name is no identity.
set --
for path in $unique; do
  if [ -s "$path" ] && [ -f "$path" ] && ! grep -q '^GenerateName=yes' "$path"; then set -- "$@" "$path"; fi
done
[ $# = 0 ] || sha256sum "$@" 2>/dev/null | sed 's/^/service-identity /'

# Access.
report_logins
if [ -z "$builders" ] && [ -n "$managers" ]; then say passed no-build-users "hint: the user$managers exists"; else none no-build-users "$builders"; fi
none no-second-root-user "$rulers"
none no-private-keys "$([ -z "$people" ] ||
  find $people -xdev -maxdepth 3 -type f -size -32k -exec grep -lE 'BEGIN [A-Z ]*PRIVATE KEY' {} + 2>/dev/null)"
# A service of the image can write such a file at each boot, for example the SSM agent.
none no-credential-files "$(for home in $homes; do
  there "$home/.netrc" "$home/.aws/credentials" "$home/.docker/config.json" "$home/.git-credentials" "$home/.vault_pass"
done | tr '\n' '\0' | xargs -0 -r sh -c 'find "$@" -maxdepth 0 ! -newerct "$0"' "@$((boot - 60))")"
}

# Compares the root file system (MiB) with the space that its device has: that of the disk, or of the partition if another one follows it.
check_root_size() {
  device=/sys/dev/block/$1
  if ! read -r size 2>/dev/null <"$device/size" || [ -e "$device/dm" ]; then
    skipped root-disk-grown 'the root file system is not on a disk or partition'
    return
  fi
  if read -r start 2>/dev/null <"$device/start" && read -r disk 2>/dev/null <"$device/../size"; then
    size=$((disk - start))
    for other in "$device"/../*/start; do
      if read -r follows <"$other" && [ "$follows" -gt "$start" ] && [ $((follows - start)) -lt "$size" ]; then size=$((follows - start)); fi
    done
  fi
  size=$((size / 2048)) # sectors of 512 bytes
  unused=$((size - $2))
  if [ "$unused" -lt 1024 ] || [ $((unused * 10)) -lt "$size" ]; then passed root-disk-grown
  else failed root-disk-grown "the root file system has $2 MiB of $size MiB"; fi
}

check_remains() {
half=case2
begin
# Traces of the build.
gone no-shell-history
gone no-ansible-files
gone no-package-lists
gone no-downloaded-packages
gone no-installer-files
gone no-timer-stamps
none no-half-installed-packages "$(sed -nE -e '/^Package: /{s/^Package: //;h;}' -e '/^Status: .* (half-installed|half-configured|unpacked|triggers-pending)$/{g;p;}' \
  /var/lib/dpkg/status 2>/dev/null)"
gone no-cloud-init-state
gone no-dhcp-leases
gone no-network-settings
gone no-fixed-network-names
# A name that a cloud made from the address of the build machine, or that of a build tool.
name=
[ ! -r /etc/hostname ] || read -r name </etc/hostname
case $name in *[0-9]-[0-9]*-[0-9]*-[0-9]* | i-[0-9a-f]* | bakehouse* | packer*) ;; *) name='' ;; esac
none no-build-hostname "$([ -z "$name" ] || find /etc/hostname ! -newerct "@$((boot - 60))" -exec cat {} \;)"
gone no-build-logs
boots=$(journalctl --list-boots --no-pager --quiet 2>/dev/null | grep -cE '^ *-?[0-9]+ ')
if [ "$boots" -le "$BOOTS" ]; then passed no-build-journal; else
  failed no-build-journal "the journal has $boots boots, expected at most $BOOTS"; fi
gone no-crash-dumps
gone no-temporary-files
none no-mail "$(find /var/mail/ /var/spool/mail/ -type f -size +0 2>/dev/null)"
gone no-scheduled-jobs
gone no-account-file-backups

# Health.
skew=$((NOW - $(date +%s)))
if [ "${skew#-}" -le 300 ]; then passed clock-correct; else failed clock-correct "the clock is $skew s behind"; fi
# `df` prints a heading of seven words, then name, size, used, free.
set -- $(df -Pk /)
free=$((${11:-0} / 1024))
if [ "$free" -ge 200 ]; then passed disk-space; else failed disk-space "$free MiB are free, expected 200"; fi
check_root_size "$(mountpoint -d / 2>/dev/null)" "$((${9:-0} / 1024))"
if ! has findmnt; then skipped fstab-valid 'findmnt is not installed'
elif wrong=$(findmnt --verify 2>&1); then passed fstab-valid
else failed fstab-valid "$wrong"; fi
if [ -w / ]; then passed root-disk-writable; else failed root-disk-writable 'the root disk is mounted read-only'; fi
none no-world-writable-settings "$(find /etc -xdev -type f -perm -0002)"
none password-files-private "$(find /etc/shadow /etc/gshadow -perm /027)"
# The DHCP lease may still be on its way: that is not a fault of the image.
for _ in 1 2 3 4 5 6 7 8 9 10; do
  servers=$(grep -sE '^[[:space:]]*nameserver[[:space:]]+[0-9a-fA-F.:]+' /etc/resolv.conf) && break
  sleep 1
done
if [ -n "$servers" ]; then passed dns-configured; else failed dns-configured 'no nameserver in /etc/resolv.conf'; fi
true
}

check_remains &
check_access
wait "$!" || exit
printf '\nhygiene done\n'
