# Functions for seal.sh, which make sure that each machine of the image makes what sealing removes and no service makes by itself. They run
# before the removal.

prepare_first_boot() {
  units=/etc/systemd/system
  [ -d "$units" ] || return
  prepare_identities
  prepare_host_keys
}

# A unit that runs once, at the first boot, and makes those identities that the build machine had.
prepare_identities() {
  make=$(print_makers)
  [ -n "$make" ] || return
  mkdir -p /etc/bakehouse "$units/sysinit.target.wants"
  printf '%s\n' '# Runs once, at the first boot of each machine of the image, and removes itself.' "$make" 'rm -f /etc/bakehouse/new-identity' \
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
}

# Prints the commands that make the identities.
print_makers() {
  if [ -e /etc/ssl/private/ssl-cert-snakeoil.key ] && command -v make-ssl-cert >/dev/null; then
    echo 'make-ssl-cert generate-default-snakeoil --force-overwrite'
  fi
  # Not `nvme gen-hostnqn`: it uses the UUID of the board, which many virtual machines share.
  if [ -e /etc/nvme/hostnqn ]; then
    echo 'read -r uuid </proc/sys/kernel/random/uuid
echo "$uuid" >/etc/nvme/hostid
echo "nqn.2014-08.org.nvmexpress:uuid:$uuid" >/etc/nvme/hostnqn'
  fi
  if [ -d /lib/open-iscsi ] && [ -e /etc/iscsi/initiatorname.iscsi ] && command -v iscsi-iname >/dev/null; then
    echo '(umask 077 && echo "InitiatorName=$(iscsi-iname)" >/etc/iscsi/initiatorname.iscsi)'
  fi
}

# A unit that makes missing host keys before sshd starts. Debian 13 makes them only at the first boot, which an empty machine id is not.
# Debian 12 makes none without cloud-init. It is not ordered before the sockets, which come before cloud-init on some distributions.
prepare_host_keys() {
  keygen=$(command -v ssh-keygen) && command -v sshd >/dev/null || return
  cat >"$units/bakehouse-host-keys.service" <<END
[Unit]
Description=Missing SSH host keys of this machine
ConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key
DefaultDependencies=no
After=systemd-remount-fs.service systemd-tmpfiles-setup.service ssh-host-keys.service sshd-keygen.service sshd-keygen.target
After=cloud-init.service cloud-init-network.service
Before=ssh.service sshd.service
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
