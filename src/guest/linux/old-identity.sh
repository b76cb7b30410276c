# Functions for seal.sh: what names the build machine, the search for copies of it, and what makes a new identity at the first boot.

# Reads the identity of this machine before it is removed: sets `old_id`, `old_keys` (bodies of public keys), `old_names` and `given_name`,
# the host name that cloud-init set.
read_old_identity() {
  old_id='' given_name=''
  [ ! -r /etc/machine-id ] || read -r old_id </etc/machine-id
  [ ${#old_id} = 32 ] || old_id=''
  old_keys=$(cut -d' ' -f2 /etc/ssh/ssh_host_*_key.pub 2>/dev/null)
  # A name that the machine got, not the base: its short form too.
  for file in /var/lib/cloud/data/previous-hostname /var/lib/cloud/data/set-hostname; do
    [ ! -r "$file" ] || given_name=$(sed -n 's/.*"hostname": "\([^"]*\)".*/\1/p; /^[A-Za-z0-9.-]*$/p' "$file" | head -n 1)
    [ -z "$given_name" ] || break
  done
  [ ${#given_name} -ge 6 ] || given_name=''
  old_names="$given_name
$(sed -n 's/^ *|-- \([0-9.]*\)$/\1/p; ' /proc/net/fib_trie 2>/dev/null | grep -vE '^127\.|\.0$|\.255$' | sort -u)
$(cat /sys/class/net/*/address 2>/dev/null | grep -v '^00:00:00:00:00:00$')"
}

# Folders that no package manager fills with files that are the same on each machine.
searched='/etc /var /root /home /opt /srv /boot /efi /usr/local'

# Prints the files that contain one of the given texts. A copy of an identity is a small file.
find_copies() {
  [ -n "$1" ] || return
  # The grep options: fixed texts, whole words, binary files too.
  find $(ls -d $searched 2>/dev/null) -xdev -type f -size -2048k ! -path '/var/lib/dpkg/*' ! -path '/var/lib/rpm/*' \
    ! -path '/var/cache/apt/*' ! -path '/var/cache/man/*' ! -path '/var/lib/swcatalog/*' -exec grep -lawF -e "$1" {} + 2>/dev/null
}

# Operation: copies-of-identity
search_identity() {
  secrets=$(printf '%s\n' "$old_id" $old_keys ${BUILD_KEY-} | grep .)
  # The boot loader needs its own ones.
  found=$(find_copies "$secrets" | grep -vE '/loader/|/grubenv$|/grub\.cfg$|/entry-token$')
  [ -z "$found" ] || fail "these files contain the machine id, a host key or the login key of the build: $(printf '%s\n' "$found" | head -n 5 | tr '\n' ' ')"
  # Operation: boot-entries
  if [ -n "$old_id" ]; then
    entries=$(ls -d /boot/loader/entries/*"$old_id"* /boot/efi/loader/entries/*"$old_id"* /efi/loader/entries/*"$old_id"* 2>/dev/null | head -n 3 | tr '\n' ' ')
    [ -z "$entries" ] || note "the names of boot entries contain the machine id of the build: $entries"
  fi
  found=$(find_copies "$(printf '%s\n' "$old_names" | grep .)" | head -n 5 | tr '\n' ' ')
  [ -z "$found" ] || note "these files contain the host name or an address of the build machine: $found"
}

# Makes sure that each machine of the image makes what sealing removes and no service makes by itself. Must run before the removal.
prepare_first_boot() {
  has_systemd || [ -d /etc/systemd/system ] || return
  units=/etc/systemd/system
  make=''
  if [ -e /etc/ssl/private/ssl-cert-snakeoil.key ] && command -v make-ssl-cert >/dev/null; then
    make="${make}make-ssl-cert generate-default-snakeoil --force-overwrite
"
  fi
  # Not `nvme gen-hostnqn`: it uses the UUID of the board, which many virtual machines share.
  if [ -e /etc/nvme/hostnqn ]; then
    make="${make}read -r uuid </proc/sys/kernel/random/uuid
echo \"\$uuid\" >/etc/nvme/hostid
echo \"nqn.2014-08.org.nvmexpress:uuid:\$uuid\" >/etc/nvme/hostnqn
"
  fi
  if [ -d /usr/lib/open-iscsi ] && [ -e /etc/iscsi/initiatorname.iscsi ] && command -v iscsi-iname >/dev/null; then
    make="${make}(umask 077 && echo \"InitiatorName=\$(iscsi-iname)\" >/etc/iscsi/initiatorname.iscsi)
"
  fi
  if [ -n "$make" ]; then
    mkdir -p /etc/bakehouse "$units/sysinit.target.wants"
    printf '%s\n' '# Runs once, at the first boot of each machine of the image, and removes itself.' "${make}rm -f /etc/bakehouse/new-identity" \
      >/etc/bakehouse/new-identity
    cat >"$units/bakehouse-identity.service" <<'END'
[Unit]
Description=New identities of services for this machine
ConditionPathExists=/etc/bakehouse/new-identity
DefaultDependencies=no
After=local-fs.target systemd-remount-fs.service systemd-tmpfiles-setup.service
Before=sysinit.target iscsid.service open-iscsi.service
Conflicts=shutdown.target

[Service]
Type=oneshot
ExecStart=/bin/sh /etc/bakehouse/new-identity
END
    ln -sf ../bakehouse-identity.service "$units/sysinit.target.wants/bakehouse-identity.service"
  fi
  keygen=$(command -v ssh-keygen) && command -v sshd >/dev/null || return
  # Debian 13 makes host keys only at the first boot, which an empty machine id is not. Debian 12 makes none without cloud-init.
  cat >"$units/bakehouse-host-keys.service" <<END
[Unit]
Description=Missing SSH host keys of this machine
ConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key
DefaultDependencies=no
After=systemd-remount-fs.service systemd-tmpfiles-setup.service ssh-host-keys.service sshd-keygen.service sshd-keygen.target
After=cloud-init.service cloud-init-network.service
Before=ssh.service sshd.service ssh.socket sshd.socket
Conflicts=shutdown.target

[Service]
Type=oneshot
ExecStart=-$keygen -A
END
  for unit in ssh.service sshd.service ssh.socket sshd.socket; do
    mkdir -p "$units/$unit.wants"
    ln -sf ../bakehouse-host-keys.service "$units/$unit.wants/bakehouse-host-keys.service"
  done
}
