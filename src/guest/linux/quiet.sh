# Functions for seal.sh, which stop everything that could write to the image, and keep it from starting again.

# Reads how the build is connected: sets `ssh_server`, the process of sshd that serves it (empty if there is none), and `through_agent`, which
# is not empty if the connection comes from this machine: then the agent of Session Manager forwards it.
read_connection() {
  ssh_server='' through_agent=''
  for pid in $(find_ancestors); do
    # `sudo` removes the variable, so it may only be in the environment of a parent.
    [ -n "$through_agent" ] || through_agent=$(tr '\0' '\n' <"/proc/$pid/environ" |
      sed -nE 's/^SSH_CONNECTION=((::ffff:)?127\.[0-9.]+|::1) .*/\1/p')
    read -r name <"/proc/$pid/comm" || continue
    case $name in sshd* | dropbear*) ssh_server=$pid && break ;; esac
  done 2>/dev/null
}

# Prints the ids of this process and of its parents, but for process 1.
find_ancestors() {
  # Not $$: a command substitution is a process of its own.
  read -r pid _ </proc/self/stat
  while [ "${pid:-1}" -gt 1 ]; do
    echo "$pid"
    pid=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status" 2>/dev/null)
  done
}

# Units and processes (their names have at most 15 characters) of the agent of Session Manager.
is_agent() {
  case $1 in amazon-ssm-agen* | snap.amazon-ssm-agent.* | ssm-*) return 0 ;; esac
  return 1
}

# Units that stay: the connection of the build and the disks need them.
is_needed() {
  case $1 in
    ssh.* | ssh@* | sshd.* | sshd@* | sshd-* | dropbear* | dbus.* | dbus-broker.* | \
      systemd-logind.* | systemd-udevd* | iscsid.* | multipathd.* | mdmonitor* | lvm2-* | dm-event.* | blk-availability.* | \
      systemd-cryptsetup@* | "$own_unit") return 0 ;;
  esac
  return 1
}

# Units that stop last, because others log to them.
is_logger() {
  case $1 in rsyslog.* | syslog.socket | syslog-ng.* | auditd.* | systemd-journald*) return 0 ;; esac
  return 1
}

# Units and processes of the network. They are killed, not stopped: stopping would remove the address, and the connection with it.
is_network() {
  case $1 in
    systemd-networkd* | NetworkManager* | networking.service | ifup@* | wicked* | dhcpcd* | dhclient* | udhcpc* | connman* | nm-dispatcher*) return 0 ;;
  esac
  return 1
}

# Stops units. systemd orders this: a unit stops before those that it was started after.
stop_units() {
  [ $# = 0 ] || timeout 120 systemctl stop "$@" || [ $? != 124 ] || note "these units did not stop within 120 s and were killed: $*"
}

# A link to /dev/null masks a unit until the next boot, also one with a file in /etc. The second folder is for systemd before 232.
mask_units() {
  for folder in /run/systemd/system.control /run/systemd/system; do
    mkdir -p "$folder"
    for unit; do [ -e "$folder/$unit" ] || ln -sf /dev/null "$folder/$unit"; done
  done
  systemctl daemon-reload
}

# Stops timers, sockets, paths and services, the loggers last, and masks them.
stop_all_units() {
  own_unit=$(sed -n 's:^0\:\:.*/\([^/]*\.service\).*:\1:p; s:^1\:name=systemd\:.*/\([^/]*\.service\).*:\1:p' /proc/self/cgroup | head -n 1)
  active='' loggers='' networks='' agents=''
  while read -r unit _ _ state _; do
    case $unit in *.service | *.socket | *.timer | *.path) ;; *) continue ;; esac
    case $state in exited | dead | failed | not-found) continue ;; esac
    if is_needed "$unit"; then continue
    elif [ -n "$through_agent" ] && is_agent "$unit"; then agents="$agents $unit"
    elif is_logger "$unit"; then loggers="$loggers $unit"
    elif is_network "$unit"; then networks="$networks $unit"
    else active="$active $unit"; fi
  done <<END
$(systemctl list-units --plain --no-legend --full --no-pager)
END
  stop_units $active
  # auditd refuses to be stopped by hand. A masked unit has no such setting, and no `Restart=`.
  mask_units $active $loggers $networks
  stop_units $loggers
}

# Prints the processes that should end: all but kernel threads, the connection of the build and what the disks need.
find_writers() {
  ancestors=" $(find_ancestors | tr '\n' ' ')"
  for folder in /proc/[0-9]*; do
    pid=${folder#/proc/}
    case "$ancestors 1 " in *" $pid "*) continue ;; esac
    # A kernel thread has no program.
    [ -e "$folder/exe" ] || continue
    read -r name <"$folder/comm" || continue
    case $name in
      sshd* | dropbear* | dbus-* | systemd-logind | systemd-udevd | '(udev-worker)' | iscsid | multipathd | dmeventd | \
        mdadm | mdmon | *fuse* | mount.* | ntfs-3g | glusterfs*) continue ;;
    esac
    if [ -n "$through_agent" ] && is_agent "$name"; then continue; fi
    # A program of a disk that must run until the end names itself with @.
    read -r line <"$folder/cmdline" 2>/dev/null
    case ${line-} in @*) continue ;; esac
    echo "$pid"
  done 2>/dev/null
}

# Ends the processes that are left: those of users, of containers, and of services without a unit. Without systemd, they get time to write
# what they must. Only in the root file system of process 1, never from a chroot.
end_writers() {
  [ "$(stat -Lc %d:%i /proc/1/root/ 2>/dev/null)" = "$(stat -Lc %d:%i /)" ] || return 0
  if ! has_systemd; then
    ended=''
    for pid in $(find_writers); do
      read -r name <"/proc/$pid/comm" && ! is_network "$name" && kill -TERM "$pid" && ended=yes
    done 2>/dev/null
    [ -z "$ended" ] || sleep 5
  fi
  for round in 1 2 3; do
    writers=$(find_writers)
    [ -n "$writers" ] || return 0
    kill -KILL $writers 2>/dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 $writers 2>/dev/null || break; sleep 0.1; done
  done
}

has_systemd() { [ -d /run/systemd/system ]; }

quiet() {
  read_connection
  if has_systemd; then stop_all_units; fi
  end_writers
}

# Stops the agent of Session Manager, and the connection of the build with it. Waits until the build has closed the connection, at
# most a minute: then it has read everything. The unit of the agent stops only its first process.
stop_agent() {
  seconds=60
  while [ "$seconds" -gt 0 ] && [ -n "$ssh_server" ] && kill -0 "$ssh_server" 2>/dev/null; do seconds=$((seconds - 1)); sleep 1; done
  through_agent=''
  if has_systemd; then
    mask_units $agents
    stop_units $agents
  fi
  end_writers
}
