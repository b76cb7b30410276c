# Checks a machine that was started from a candidate image: does it hold traces of the build, and is it healthy? docs/checks.md
# describes each check. /bin/sh runs this as root. Variables: TRIAL_KEY, the body of the only key that may log in; NOW, the correct
# time in seconds; BOOTS, how often the machine has been started; SINCE, when it was first started (empty: at this boot).
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
  state=$(timeout 90 systemctl is-system-running --wait 2>/dev/null)
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

# Reads the accounts: home folders that exist, each once; home folders of people; Ansible's folders in them. Folders in memory are no
# part of the image.
homes=' ' people='' ansible='' builders='' rulers='' open='' known=''
# `|| [ -n ... ]`: the last line may have no line end.
while IFS=: read -r user password id _ _ home _ || [ -n "$user" ]; do
  case $user in bakehouse* | packer* | vagrant* | ansible*) builders="$builders $user" ;; esac
  [ "$id" = 0 ] && [ "$user" != root ] && rulers="$rulers $user"
  case $password in '') open="$open $user" ;; x | '!'* | '*'*) ;; *) known="$known $user" ;; esac
  case $home in '' | / | /proc* | /dev* | /run/*) continue ;; esac
  case $homes in *" $home "*) continue ;; esac
  [ -d "$home" ] || continue
  homes="$homes$home "
  case $home in /bin | /sbin | /usr/bin | /usr/sbin | /usr/games) continue ;; esac
  ansible="$ansible $home/.ansible $home/.ansible_async"
  case $home in /root | /home/* | /usr/local/*) people="$people $home" ;; *) [ "$id" -ge 1000 ] && people="$people $home" ;; esac
done </etc/passwd

# Files that the machine wrote are newer than its first boot; files from the build are older. One minute of tolerance, as clocks are
# set at boot. A single `find` searches for all of them and prints lines of kind and path.
path='\040%p\n'
left=$(find /etc/ssh /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow- /tmp /var/tmp /var/log /var/crash /var/cache/dnf /var/lib/dnf/repos \
  /var/cache/apt/archives /var/lib/apt/lists /var/lib/systemd /var/lib/urandom /var/lib/cloud/instances /var/lib/dhcp /var/lib/dhcpcd \
  /var/lib/NetworkManager $ansible ! -newerct @$((boot - 60)) \( \
  -path '/etc/ssh/ssh_host_*_key*' -printf "host-key$path" \
  -o \( -name passwd- -o -name group- -o -name '*shadow-' \) -printf "backup$path" \
  -o \( -path '/tmp/*' -o -path '/var/tmp/*' \) \( -name '*ansible*' -printf "ansible$path" , -printf "temporary$path" \) \
  -o -path '*/.ansible*' -printf "ansible$path" \
  -o -path '/var/lib/*/random-seed' -printf "seed$path" \
  -o -path '/var/lib/cloud/instances/*' -printf "cloud-init$path" \
  -o -path '/var/lib/*' -name '*.lease*' -size +0 -printf "lease$path" \
  -o -path '/var/cache/apt/archives/*.deb' -printf "download$path" \
  -o -type f \( \
  \( -path '/var/crash/*' -o -path '/var/lib/systemd/coredump/*' \) -printf "dump$path" \
  -o -size +0 -path '/var/log/*' -printf "log$path" \
  -o -size +0 \( -path '/var/lib/apt/lists/*' -o -path '/var/*/dnf/*' \) ! -name lock -printf "list$path" \) \) 2>/dev/null
  there /core /core.[0-9]* | sed 's/^/dump /')
# Passes if the search found no path of that kind.
gone() {
  found=
  while IFS= read -r line; do case $line in "$2 "*) found="$found ${line#* }" ;; esac; done <<END
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
gone random-seed-new seed

# Access.
report_logins
none no-build-users "$builders"
none no-second-root-user "$rulers"
none no-private-keys "$([ -z "$people" ] ||
  find $people -xdev -maxdepth 3 -type f -size -32k -exec grep -lE 'BEGIN [A-Z ]*PRIVATE KEY' {} + 2>/dev/null)"
none no-credential-files "$(for home in $homes; do
  there "$home/.netrc" "$home/.aws/credentials" "$home/.docker/config.json" "$home/.git-credentials" "$home/.vault_pass"
done)"
}

check_remains() {
half=case2
begin
# Traces of the build.
none no-shell-history "$([ "$homes" = ' ' ] || find $homes -maxdepth 1 -name '.*_history' -size +0 2>/dev/null)"
gone no-ansible-files ansible
gone no-package-lists list
gone no-downloaded-packages download
none no-half-installed-packages "$(grep -hE '^Status: .* (half-installed|half-configured|unpacked|triggers-pending)$' /var/lib/dpkg/status 2>/dev/null)"
gone no-cloud-init-state cloud-init
gone no-dhcp-leases lease
none no-fixed-network-names "$(there /etc/udev/rules.d/*persistent-net*.rules)"
gone no-build-logs log
boots=$(journalctl --list-boots --no-pager --quiet 2>/dev/null | grep -cE '^ *-?[0-9]+ ')
if [ "$boots" -le "$BOOTS" ]; then passed no-build-journal; else
  failed no-build-journal "the journal has $boots boots, expected at most $BOOTS"; fi
gone no-crash-dumps dump
gone no-temporary-files temporary
none no-mail "$(find /var/mail/ /var/spool/mail/ -type f -size +0 2>/dev/null)"
none no-scheduled-jobs "$(find /var/spool/cron/crontabs /var/spool/cron/atjobs /var/spool/at -type f ! -name .SEQ 2>/dev/null)"
gone no-account-file-backups backup

# Health.
skew=$((NOW - $(date +%s)))
if [ "${skew#-}" -le 300 ]; then passed clock-correct; else failed clock-correct "the clock is $skew s behind"; fi
# `df` prints a heading of seven words, then name, size, used, free.
set -- $(df -Pk /)
free=$((${11:-0} / 1024))
if [ "$free" -ge 200 ]; then passed disk-space; else failed disk-space "$free MiB are free, expected 200"; fi
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
