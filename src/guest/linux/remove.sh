# Functions for seal.sh: what to remove, and what is left of it.

# Fails with the names of missing commands, before anything is changed.
require_commands() {
  missing=''
  for command in awk basename cat cut dd df find grep head id ln ls mkdir readlink rm rmdir sed sleep sort stat sync timeout tr truncate xargs; do
    command -v "$command" >/dev/null || missing="$missing $command"
  done
  # Those for swap and for accounts of the build only if there are any.
  if [ -n "$(find_build_accounts)" ]; then command -v userdel >/dev/null || missing="$missing userdel"; fi
  if grep -qs '^/' "${SWAPS:-/proc/swaps}"; then
    for command in swapoff mkswap blkid blockdev; do command -v "$command" >/dev/null || missing="$missing $command"; done
  fi
  [ -z "$missing" ] || fail "these commands are missing:$missing"
}

# Reads each home folder once: sets `homes`, one a line.
read_homes() {
  homes=$(cut -d: -f6 /etc/passwd | sort -u | while read -r home; do
    case $home in /home/?* | /root | /var/lib/?* | /srv/?* | /opt/?*) [ -d "$home" ] && echo "$home" ;; esac
  done)
}

find_build_accounts() { cut -d: -f1 /etc/passwd | grep -E '^(bakehouse|packer)'; }

# Prints the home folders of these accounts, but none that other accounts use too.
find_build_homes() {
  awk -F: '{ user[NR] = $1; home[NR] = $6 "/" }
    END { for (i in user) if (user[i] ~ /^(bakehouse|packer)/ && home[i] ~ /^\/[^\/]/) {
      shared = 0
      for (j in user) if (user[j] !~ /^(bakehouse|packer)/ && index(home[j], home[i]) == 1) shared = 1
      if (!shared) print home[i]
    } }' /etc/passwd
}

# Prints the existing paths of the list.
find_listed() {
  while read -r pattern; do
    case $pattern in
      '') continue ;;
      '~/'*)
        while IFS= read -r home; do
          for path in "$home"/${pattern#'~/'}; do [ -e "$path" ] || [ -L "$path" ] && printf '%s\n' "$path"; done
        done <<END
$homes
END
        ;;
      *) for path in $pattern; do [ -e "$path" ] || [ -L "$path" ] && printf '%s\n' "$path"; done ;;
    esac
  done <<END
$traces
END
}

# Overwrites the files at these paths, which end in NUL. A trim does not reach blocks that are smaller than the disk can trim, so small files
# would stay readable in the image. Other names of a file may be needed. Without processes, because there can be many files.
overwrite_files() {
  xargs -0 -r sh -c 'find "$@" -xdev -type f -links 1 -size -2048 -size +0 -printf "%s %p\n"' sh 2>/dev/null | while read -r size file; do
    [ ! -w "$file" ] || printf "%${size}s" '' 1<>"$file"
  done
}

# Overwrites what is removed or emptied next. What is removed before it is on the disk would never be written.
overwrite_traces() {
  # These read files that are overwritten.
  shared=$(find_shared_credentials "$ssm_identity") from_dhcp=''
  ! is_from_dhcp || from_dhcp=yes
  {
    find_listed
    [ -z "$shared" ] || echo "$shared"
    find_build_homes
    find_mail
    find_installer_settings
    printf '%s\n' /etc/machine-id /etc/iscsi/initiatorname.iscsi /var/lib/cloud/instances /var/lib/cloud/data /var/log /tmp /var/tmp
  } | tr '\n' '\0' | overwrite_files
  sync
}

remove_listed() {
  find_listed | tr '\n' '\0' | xargs -0 -r rm -rf --
  while IFS= read -r home; do rmdir "$home/.ssh" "$home/.ansible" 2>/dev/null; done <<END
$homes
END
}

# Prints the file in which the SSM agent of a hybrid activation shares its credentials, unless it has other profiles too. $1: what the
# agent says about itself.
find_shared_credentials() {
  shared=$(sed -n 's/.*"ShareFile" *: *"\(\/[^"]*\)".*/\1/p' "$1" 2>/dev/null)
  [ ! -f "$shared" ] || [ "$(grep -c '^[[:space:]]*\[' "$shared")" -gt 1 ] || echo "$shared"
}
ssm_identity=/var/lib/amazon/ssm/runtimeconfig/identity_config.json

# Mailboxes and waiting mail.
find_mail() { find /var/mail/ /var/spool/mail/ /var/spool/postfix/maildrop /var/spool/postfix/deferred /var/spool/exim4/input -type f 2>/dev/null; }

find_installer_settings() {
  ls -d /etc/cloud/cloud.cfg.d/99-installer.cfg /etc/cloud/cloud.cfg.d/90-installer-network.cfg \
    /etc/cloud/cloud.cfg.d/curtin-preserve-sources.cfg /etc/cloud/cloud.cfg.d/*subiquity-disable-cloudinit-networking.cfg 2>/dev/null
}

# Whether a DHCP client wrote /etc/resolv.conf. dhclient of Debian does not say so: then all name servers are those of its leases.
is_from_dhcp() {
  [ -f /etc/resolv.conf ] && [ ! -L /etc/resolv.conf ] || return 1
  ! grep -qiE 'bakehouse|(generated|created) by|resolvconf|dhclient|dhcpcd|NetworkManager' /etc/resolv.conf || return 0
  servers=$(sed -n 's/^[[:space:]]*nameserver[[:space:]]*\([^[:space:]]*\).*/\1/p' /etc/resolv.conf)
  [ -n "$servers" ] || return 1
  for server in $servers; do grep -qswF -e "$server" /var/lib/dhcp/*lease* /var/lib/dhclient/*lease* || return 1; done
}

remove_others() {
  # Operation: build-accounts
  find_build_homes | tr '\n' '\0' | xargs -0 -r rm -rf --
  for user in $(find_build_accounts); do
    userdel --force "$user" 2>/dev/null
    rm -f "/etc/sudoers.d/$user" "/etc/sudoers.d/90-$user"
  done
  # Operation: machine-id. Emptied, not removed: systemd treats a missing file differently.
  truncate -c -s 0 /etc/machine-id
  if [ -f /var/lib/dbus/machine-id ] && [ ! -L /var/lib/dbus/machine-id ]; then
    rm -f /var/lib/dbus/machine-id && ln -s /etc/machine-id /var/lib/dbus/machine-id
  fi
  # Operation: iscsi. Debian makes a name if the file asks for it, other distributions if there is no file.
  if [ -f /etc/iscsi/initiatorname.iscsi ]; then
    rm -f /etc/iscsi/initiatorname.iscsi /etc/iscsi/initiatorname.iscsi.bak
    [ ! -d /lib/open-iscsi ] || (umask 077 && echo GenerateName=yes >/etc/iscsi/initiatorname.iscsi)
  fi
  # Operation: hostname
  if [ -n "$given_name" ]; then
    [ "$(cat /etc/hostname 2>/dev/null)" != "$given_name" ] || truncate -c -s 0 /etc/hostname
    [ ! -f /etc/hosts ] || sed -i "/^127\.0\.1\.1[[:space:]].*$(printf %s "$given_name" | sed 's/\./\\./g')/d" /etc/hosts
  fi
  # Operation: resolv-conf
  [ -z "$from_dhcp" ] || truncate -c -s 0 /etc/resolv.conf
  # Operation: cloud-init-clean-up
  if [ -d /etc/cloud/clean.d ] && [ -z "${cleaned-}" ]; then
    cleaned=yes
    for script in /etc/cloud/clean.d/*; do
      [ ! -x "$script" ] || [ ! -f "$script" ] || "$script" >/dev/null || fail "$script ended with exit code $?"
    done
  fi
  # Operation: cloud-init-state
  [ ! -d /var/lib/cloud ] || find /var/lib/cloud -mindepth 1 \( -path /var/lib/cloud/seed -o -path /var/lib/cloud/scripts \) -prune -o \
    -depth ! -path '/var/lib/cloud/seed*' ! -path '/var/lib/cloud/scripts*' -delete
  rm -rf /run/cloud-init
  # Operation: installer-settings
  set -- $(find_installer_settings)
  [ $# = 0 ] || rm -f "$@" /etc/cloud/ds-identify.cfg
  # Operation: ssm-shared-credentials
  [ -z "$shared" ] || rm -f "$shared"
  # Operation: mail
  find_mail | tr '\n' '\0' | xargs -0 -r rm -f
  # Operation: temporary-files
  find /tmp /var/tmp -xdev -mindepth 1 -depth -delete 2>/dev/null
}

# Operation: logs. Log files stay but are emptied, as programs expect them; rotated and binary ones are removed. They are not opened for
# creation: the kernel refuses that for the file of another user in a sticky folder (fs.protected_regular).
empty_logs() {
  find /var/log/ -type f \( -name '*.gz' -o -name '*.xz' -o -name '*.zst' -o -name '*.bz2' -o -name '*.old' -o -name '*.[0-9]' \
    -o -name '*-20[0-9][0-9][0-9][0-9][0-9][0-9]' -o -path '*/journal/*' -o -path '*/installer/*' -o -path '*/anaconda/*' \
    -o -path '*/amazon/*' -o -path '*/sa/sa*' -o -name 'cloud-init*.log' \) -exec rm -f {} +
  find /var/log/ -type f -size +0 -exec truncate -c -s 0 {} +
  find /var/log/journal -mindepth 1 -type d -exec rmdir {} + 2>/dev/null
  rm -rf /run/log/journal/*
}

# Prints what should have been removed or emptied, and was not. The agent of Session Manager writes its files as long as it runs.
find_left() {
  {
    find_listed
    [ ! -s /etc/machine-id ] || echo /etc/machine-id
    find /var/log/ -type f \( -size +0 -o -path '*/journal/*' \)
    find /tmp /var/tmp -xdev -mindepth 1 ! -type d
  } | if [ -n "$through_agent" ]; then grep -vE '^/var/(lib|log)/amazon/'; else cat; fi
}

fail_if_left() {
  left=$(find_left)
  [ -z "$left" ] || fail "these files could not be removed or emptied: $(printf '%s\n' "$left" | head -n 5 | tr '\n' ' ')$(
    count=$(printf '%s\n' "$left" | grep -c .)
    [ "$count" -le 5 ] || echo "and $((count - 5)) more"
  )"
}

# The list comes after the others: removing an account writes backup files.
remove_traces() {
  overwrite_traces
  remove_others
  remove_listed
  empty_logs
}

# Removes what was written meanwhile, and fails if it comes back.
remove_again() {
  [ -n "$(find_left)" ] || return 0
  end_writers
  remove_traces
  sync
  fail_if_left
}
