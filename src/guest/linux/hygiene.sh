# Looks at a machine that was started from a candidate image: is anything of the build left in it, and is it well?
# Read by /bin/sh as root. TRIAL_KEY is the body of the one key that may log in, NOW the right time in seconds, BOOTS
# how often the machine has been started, SINCE when that was first (empty: now). Prints `case⇥status⇥milliseconds⇥name⇥message` lines.
set -u
export LC_ALL=C
boot=$(sed -n 's/^btime //p' /proc/stat)
echo "booted $boot"
boot=${SINCE:-$boot}

clock() { read -r up _ </proc/uptime; up=${up%.*}${up#*.}; }
begin() { clock; start=$up; }
half=case
# A process costs an emulated machine more than most checks do: none is started where there is nothing to tidy up.
say() {
  clock
  text=${3:-}
  [ -z "$text" ] || text=$(printf %s "$text" | tr '\t\n' '  ' | cut -c1-400)
  printf '%s\t%s\t%s\t%s\t%s\n' "$half" "$1" "$(((up - start) * 10))" "$2" "$text"
  begin
}
passed() { say passed "$1"; }
failed() { say failed "$1" "$2"; }
# Fails with what the second argument holds, passes when that is empty.
none() { if [ -z "$2" ]; then passed "$1"; else failed "$1" "found $(printf %s "${2# }" | head -n 5)"; fi; }
# Those of these paths that are there, be it as a link that leads nowhere.
there() { for file; do [ -e "$file" ] || [ -L "$file" ] && echo "$file"; done; }
has() { command -v "$1" >/dev/null 2>&1; }

begin
if has systemctl; then
  state=$(timeout 90 systemctl is-system-running --wait 2>/dev/null)
  case $state in
    running) passed 'the system is up' ;; # which includes that no unit has failed
    degraded) failed 'the system is up' "it is degraded: $(systemctl --failed --plain --no-legend | cut -d' ' -f1 | tr '\n' ' ')" ;;
    *) failed 'the system is up' "it is ${state:-unknown}" ;;
  esac
  none 'no unit has failed' "$([ "$state" = running ] || systemctl --failed --plain --no-legend | cut -d' ' -f1)"
fi

# The users, and the home folders that there are, each once; those of people; what Ansible leaves in them.
homes=' ' people='' ansible='' builders='' rulers=''
# A last line without an end counts too.
while IFS=: read -r user _ id _ _ home _ || [ -n "$user" ]; do
  case $user in bakehouse* | packer* | vagrant* | ansible*) builders="$builders $user" ;; esac
  [ "$id" = 0 ] && [ "$user" != root ] && rulers="$rulers $user"
  case $home in '' | / | /bin | /sbin | /usr/* | /proc | /dev* | /run/* | /nonexistent) continue ;; esac
  case $homes in *" $home "*) continue ;; esac
  [ -d "$home" ] || continue
  homes="$homes$home "
  ansible="$ansible $home/.ansible $home/.ansible_async"
  case $home in /root | /home/*) people="$people $home" ;; esac
done </etc/passwd

# What the machine writes is younger than its first boot; what the build left is older. A minute for clocks that were set. One look
# for all of it: lines of what it is and where.
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
# Those of one kind must be none.
gone() {
  found=
  while IFS= read -r line; do case $line in "$2 "*) found="$found ${line#* }" ;; esac; done <<END
$left
END
  none "$1" "$found"
}

# The rest in two halves at once: a processor that is emulated needs as long for each. Lines of the second begin with `case2`.
check_access() {
# Who it is.
id=
[ -r /etc/machine-id ] && read -r id </etc/machine-id
case $id in
  *[!0-9a-f]* | '') failed 'the machine id is set' "got '$id'" ;;
  *) if [ ${#id} = 32 ]; then passed 'the machine id is set'; else failed 'the machine id is set' "got '$id'"; fi ;;
esac
other=$id
[ -e /var/lib/dbus/machine-id ] && read -r other </var/lib/dbus/machine-id
if [ "$other" != "$id" ]; then
  failed 'there is one machine id' '/var/lib/dbus/machine-id is another one'
else passed 'there is one machine id'; fi
echo "machine-id $id"
keys=
for key in /etc/ssh/ssh_host_*_key.pub; do [ -f "$key" ] && keys=yes && read -r line <"$key" && echo "host-key $line"; done
if [ -n "$keys" ]; then passed 'ssh host keys were made'; else failed 'ssh host keys were made' 'there is none'; fi
gone 'ssh host keys are not of the build' host-key
none 'ssh host keys are private' "$(find /etc/ssh -name 'ssh_host_*_key' -perm /077)"
gone 'the random seed is not of the build' seed

# Who can log in.
strangers=$(for home in $homes; do
  for file in "$home/.ssh/authorized_keys" "$home/.ssh/authorized_keys2"; do
    [ -f "$file" ] && grep -v -e '^[[:space:]]*#' -e '^[[:space:]]*$' -e "$TRIAL_KEY" "$file" | sed "s|^|$file: |"
  done
done)
none 'no key but the trial may log in' "$strangers"
none 'no user of a build is left' "$builders"
root='' open=''
while IFS=: read -r user password _ || [ -n "$user" ]; do
  [ -n "$password" ] || open="$open $user"
  [ "$user" = root ] && root=$password
done </etc/shadow
none 'no password is empty' "$open"
case $root in '!'* | '*'*) passed 'the root password is locked' ;; *) failed 'the root password is locked' 'root has a password' ;; esac
none 'only root has the user id 0' "$rulers"
if [ -x /usr/sbin/sshd ]; then
  if settings=$(/usr/sbin/sshd -T 2>&1); then passed 'the sshd configuration is valid'; else failed 'the sshd configuration is valid' "$settings"; fi
  case $settings in
    *'permitemptypasswords yes'*) failed 'sshd lets nobody in by password as root' 'PermitEmptyPasswords is yes' ;;
    *'permitrootlogin yes'*'passwordauthentication yes'* | *'passwordauthentication yes'*'permitrootlogin yes'*) failed 'sshd lets nobody in by password as root' 'PermitRootLogin is yes' ;;
    *) passed 'sshd lets nobody in by password as root' ;;
  esac
fi
none 'no private key is in a home folder' "$([ -z "$people" ] ||
  find $people -xdev -maxdepth 3 -type f -size -32k -exec grep -lE 'BEGIN [A-Z ]*PRIVATE KEY' {} + 2>/dev/null)"
none 'no credentials file is in a home folder' "$(for home in $homes; do
  there "$home/.netrc" "$home/.aws/credentials" "$home/.docker/config.json" "$home/.git-credentials" "$home/.vault_pass"
done)"
}

check_remains() {
half=case2
begin
# What the build may have left.
none 'no shell history is left' "$([ "$homes" = ' ' ] || find $homes -maxdepth 1 -name '.*_history' -size +0 2>/dev/null)"
gone 'nothing of Ansible is left' ansible
gone 'no package lists are left' list
gone 'no downloaded packages are left' download
none 'no package is half installed' "$(grep -hE '^Status: .* (half-installed|half-configured|unpacked|triggers-pending)$' /var/lib/dpkg/status 2>/dev/null)"
gone 'no instance of the build is known to cloud-init' cloud-init
gone 'no lease of the build is left' lease
none 'no network name is fixed to a card' "$(there /etc/udev/rules.d/*persistent-net*.rules)"
gone 'no log of the build is left' log
boots=$(journalctl --list-boots --no-pager --quiet 2>/dev/null | grep -cE '^ *-?[0-9]+ ')
if [ "$boots" -le "$BOOTS" ]; then passed 'the journal begins with the first boot'; else
  failed 'the journal begins with the first boot' "it has $boots boots, expected at most $BOOTS"; fi
gone 'no core dump is left' dump
gone 'the temporary folders are clean' temporary
none 'no mail is left' "$(find /var/mail/ /var/spool/mail/ -type f -size +0 2>/dev/null)"
none 'no job of a user is scheduled' "$(find /var/spool/cron/crontabs /var/spool/cron/atjobs /var/spool/at -type f ! -name .SEQ 2>/dev/null)"
gone 'no backup of the user files is left' backup

# Is it well.
skew=$((NOW - $(date +%s)))
if [ "${skew#-}" -le 300 ]; then passed 'the clock is right'; else failed 'the clock is right' "it is $skew s behind"; fi
# After the seven words of its heading: name, size, used, free.
set -- $(df -Pk /)
free=$((${11:-0} / 1024))
if [ "$free" -ge 200 ]; then passed 'there is room on the root disk'; else failed 'there is room on the root disk' "only $free MiB"; fi
if wrong=$(has findmnt && findmnt --verify 2>&1); then passed 'the table of file systems is valid'; else
  has findmnt && failed 'the table of file systems is valid' "$wrong"; fi
if [ -w / ]; then passed 'the root disk can be written to'; else failed 'the root disk can be written to' 'it is read-only'; fi
none 'nothing in /etc can be written by everybody' "$(find /etc -xdev -type f -perm -0002)"
none 'the password files are private' "$(find /etc/shadow /etc/gshadow -perm /027)"
# A lease that is still coming in is not a fault of the image.
for _ in 1 2 3 4 5 6 7 8 9 10; do
  servers=$(grep -sE '^[[:space:]]*nameserver[[:space:]]+[0-9a-fA-F.:]+' /etc/resolv.conf) && break
  sleep 1
done
if [ -n "$servers" ]; then passed 'names can be resolved'; else failed 'names can be resolved' 'no nameserver in /etc/resolv.conf'; fi
true
}

check_remains &
check_access
wait "$!" || exit
printf '\nhygiene done\n'
