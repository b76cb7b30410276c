#!/bin/bash
# The shortest script that builds an image with Ansible and QEMU: creates an overlay of the base disk, boots it, runs the playbook, powers
# off, and copies the disk to one file. It does not seal, test or promote.
# Environment: BASE, PLAYBOOK, FOLDER, PORT, CPUS, MEMORY, ACCELERATOR, PROCESSOR, QEMU, QEMU_IMG, FIRMWARE, VENV, MITOGEN.
set -euo pipefail
cd "$FOLDER"

ssh-keygen -q -t ed25519 -N '' -f key
key=$(base64 -w0 <key.pub)
"$QEMU_IMG" create -q -f qcow2 -F qcow2 -b "$BASE" disk.qcow2

"$QEMU" -machine q35,smm=off,vmport=off -accel "$ACCELERATOR" -cpu "$PROCESSOR" -smp "$CPUS" -m "$MEMORY" -bios "$FIRMWARE" \
  -boot menu=off,strict=on -display none -serial file:console.log -monitor none \
  -drive file=disk.qcow2,if=virtio,cache=unsafe,discard=unmap,detect-zeroes=unmap -device virtio-rng-pci \
  -netdev "user,id=net,hostfwd=tcp:127.0.0.1:$PORT-:22" -device virtio-net-pci,netdev=net,romfile= \
  -smbios "type=11,value=io.systemd.credential.binary:ssh.authorized_keys.root=$key" &
machine=$!
trap 'kill "$machine" 2>/dev/null || true' EXIT

way=(-F none -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR
  -o ControlMaster=auto -o ControlPersist=60 -o "ControlPath=$FOLDER/%C" -o ConnectTimeout=30 -i key)
for _ in {1..300}; do
  ssh "${way[@]}" -p "$PORT" root@127.0.0.1 true 2>/dev/null && break
  sleep 0.3
done

export ANSIBLE_HOST_KEY_CHECKING=False ANSIBLE_PIPELINING=True LC_ALL=C.UTF-8
export ANSIBLE_SSH_ARGS="${way[*]}"
export ANSIBLE_STRATEGY=mitogen_linear ANSIBLE_STRATEGY_PLUGINS="$MITOGEN"
"$VENV/bin/ansible-playbook" --inventory '127.0.0.1,' --user root --private-key key \
  -e "ansible_port=$PORT ansible_python_interpreter=/usr/bin/python3" "$PLAYBOOK" >ansible.log

ssh "${way[@]}" -p "$PORT" root@127.0.0.1 poweroff || true
wait "$machine" || true
trap - EXIT
"$QEMU_IMG" convert -q -O qcow2 disk.qcow2 image.qcow2
