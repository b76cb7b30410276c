# Removes build traces and the identity of a Linux machine, then powers it off. /bin/sh runs this as root over the build's connection.
# Variable: SEALED, the text to print when everything is removed. The functions of release-space.sh come first.
set -u
fail() { echo "seal: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "expected root, got $(id -un)"
export LC_ALL=C

# Stop what would write new files meanwhile: loggers, package timers, the random seed. Few commands, as each one starts a process.
if command -v systemctl >/dev/null; then
  systemctl kill --kill-whom=all --signal=KILL rsyslog.service auditd.service 2>/dev/null
  systemctl stop --no-block apt-daily.service apt-daily-upgrade.service unattended-upgrades.service 2>/dev/null
  systemctl stop systemd-random-seed.service systemd-journald.socket systemd-journald-dev-log.socket systemd-journald-audit.socket systemd-journald.service 2>/dev/null
fi
# The boot partition may be mounted by the first access, which takes time: in the background.
rm -f /boot/efi/loader/random-seed /boot/loader/random-seed /efi/loader/random-seed &

# Users: keys of every account, histories, caches, files of Ansible.
cut -d: -f6 /etc/passwd | sort -u | while read -r home; do
  case $home in /home/?* | /root | /var/lib/?*) ;; *) continue ;; esac
  [ -d "$home" ] || continue
  rm -rf "$home/.ssh/authorized_keys" "$home/.ssh/authorized_keys2" "$home/.ssh/known_hosts" "$home/.ssh/known_hosts.old" \
    "$home/.ansible" "$home/.ansible_async" "$home/.cache" "$home/.bash_history" "$home/.ash_history" "$home/.sh_history" \
    "$home/.zsh_history" "$home/.python_history" "$home/.mysql_history" "$home/.psql_history" "$home/.sqlite_history" \
    "$home/.lesshst" "$home/.viminfo" "$home/.wget-hsts" "$home/.sudo_as_admin_successful" "$home/.rnd"
  rmdir "$home/.ssh" 2>/dev/null
done
cut -d: -f1 /etc/passwd | grep -E '^(bakehouse|packer)' | while read -r user; do
  userdel --force --remove "$user" 2>/dev/null
  rm -f "/etc/sudoers.d/$user" "/etc/sudoers.d/90-$user"
done
rm -f /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow- /etc/subuid- /etc/subgid-

# Identity: each machine makes a new one at its first boot. The machine id is emptied, not removed: systemd treats a missing file
# differently. The copy of D-Bus becomes a link.
: >/etc/machine-id || fail 'cannot empty /etc/machine-id'
if [ -f /var/lib/dbus/machine-id ] && [ ! -L /var/lib/dbus/machine-id ]; then
  rm -f /var/lib/dbus/machine-id && ln -s /etc/machine-id /var/lib/dbus/machine-id
fi
rm -rf /etc/ssh/ssh_host_*_key /etc/ssh/ssh_host_*_key.pub /etc/ssh/ssh_host_*_key-cert.pub \
  /var/lib/systemd/random-seed /var/lib/urandom/random-seed \
  /var/lib/systemd/credential.secret /etc/iscsi/initiatorname.iscsi.bak /etc/hostid /var/lib/private/systemd/journal-upload

# Instance: cloud-init starts again from the beginning; DHCP leases and network names are new.
if [ -d /var/lib/cloud ]; then
  find /var/lib/cloud -mindepth 1 -delete
  rm -f /etc/netplan/50-cloud-init.yaml /etc/network/interfaces.d/50-cloud-init /etc/systemd/network/10-cloud-init-*.network
  rm -f /etc/ssh/sshd_config.d/50-cloud-init.conf /etc/sudoers.d/90-cloud-init-users
fi
rm -rf /run/cloud-init /var/lib/amazon/ssm/i-* \
  /var/lib/dhcp/*.lease* /var/lib/dhcpcd/*.lease /var/lib/NetworkManager/*.lease /var/lib/NetworkManager/secret_key \
  /var/lib/NetworkManager/timestamps /var/lib/NetworkManager/seen-bssids /var/lib/systemd/network/* \
  /etc/udev/rules.d/*persistent-net*.rules /etc/udev/rules.d/*persistent-cd*.rules
grep -qs 'bakehouse' /etc/resolv.conf && : >/etc/resolv.conf

# Traces of the build.
find /var/mail /var/spool/mail /var/spool/postfix/maildrop /var/spool/exim4 /var/spool/cron/atjobs /var/spool/cron/atspool \
  /var/spool/at /var/crash /var/lib/systemd/coredump /var/lib/apt/lists /var/cache/apt /var/lib/unattended-upgrades \
  /var/cache/debconf /var/lib/apt/periodic -type f ! -name lock ! -name .SEQ ! -name config.dat ! -name passwords.dat \
  ! -name templates.dat -delete 2>/dev/null
find /tmp /var/tmp -xdev -mindepth 1 -depth -delete 2>/dev/null
rm -f /core /core.[0-9]* /root/core /forcefsck

# Log files stay but are emptied, as programs expect them; rotated and binary ones are removed. `truncate -c` continues after a file that
# it cannot open. It also empties files of other users in a sticky folder, which the kernel does not let root open for creation.
find /var/log -type f \( -name '*.gz' -o -name '*.xz' -o -name '*.old' -o -name '*.[0-9]' -o -path '/var/log/journal/*' \
  -o -path '/var/log/installer/*' -o -path '/var/log/amazon/*' -o -name 'cloud-init*.log' \) -delete
find /var/log -type f -size +0 -exec truncate -c -s 0 {} +
find /var/log/journal -mindepth 1 -type d -exec rmdir {} + 2>/dev/null
rm -rf /run/log/journal/*

wait
clear_swap
release_space

echo "$SEALED"
# `--force`: processes end and file systems are unmounted, but no unit writes its state at shutdown.
if command -v systemctl >/dev/null; then systemctl poweroff --force; else poweroff -f; fi
