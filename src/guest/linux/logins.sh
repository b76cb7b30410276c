# Functions for hygiene.sh and for the script that reads an identity: which keys and passwords can log in to the machine, and its host keys.
# The settings of sshd for an account come from `sshd -T`, not from its files.

# Not every login has sshd and its tools on the PATH.
PATH=$PATH:/usr/sbin:/sbin
sshd=$(command -v sshd)

# Reads the settings of sshd without Match blocks: sets `settings`, `problem`, and `host_keys` (the existing files of host keys).
read_sshd() {
  settings='' problem='' host_keys=''
  if [ -n "$sshd" ]; then settings=$("$sshd" -T 2>&1) || problem=${settings:-it cannot be read}; fi
  for key in /etc/ssh/ssh_host_*_key $(printf '%s\n' "$settings" | sed -n 's/^hostkey //p'); do
    [ -f "$key" ] || continue
    case "$host_keys " in *" $key "*) ;; *) host_keys="$host_keys $key" ;; esac
  done
}

# Prints the public part of each host key.
print_host_keys() {
  for key in $host_keys; do
    if [ -f "$key.pub" ]; then read -r line <"$key.pub"; else line=$(ssh-keygen -y -P '' -f "$key" 2>/dev/null </dev/null); fi
    echo "host-key $line"
  done
}

report_host_keys() {
  print_host_keys
  old=''
  for key in $host_keys; do
    # The search for old files covers /etc/ssh.
    case $key in /etc/ssh/ssh_host_*) ;; *) old="$old $(find "$key" ! -newerct "@$((boot - 60))")" ;; esac
  done
  if [ -n "$host_keys" ]; then passed ssh-host-keys-exist; else failed ssh-host-keys-exist 'found none'; fi
  none ssh-host-keys-new "$old_host_keys$old"
  # On RHEL up to 9, a program of the group ssh_keys reads them.
  group=$(sed -n 's/^ssh_keys:[^:]*:\([0-9]*\):.*/\1/p' /etc/group)
  none ssh-host-keys-private "$([ -z "$host_keys" ] || find $host_keys \( -perm /037 -o -perm /040 ! -gid "${group:-4294967294}" \))"
}

# Sets `path` to a file of AuthorizedKeysFile for an account. Arguments: pattern, name, ID, home folder.
expand() {
  rest=$1 path=
  while :; do
    case $rest in *%*) ;; *) break ;; esac
    path=$path${rest%%\%*}
    rest=${rest#*%}
    case $rest in
      h*) path=$path$4 ;;
      u*) path=$path$2 ;;
      U*) path=$path$3 ;;
      *) path=$path${rest%"${rest#?}"} ;;
    esac
    rest=${rest#?}
  done
  path=$path$rest
  case $path in /*) ;; *) path=${4%/}/$path ;; esac
}

# Prints the addresses for which to read the settings of an account: one that no Match block names, and those of the Match blocks. Prints
# nothing without a Match block, because then all accounts have the same settings.
match_addresses() {
  blocks=$(grep -ihsE '^[[:space:]]*(match|include)[[:space:]="]' /etc/ssh/sshd_config /etc/ssh/sshd_config.d/* |
    grep -vE '^Include /etc/ssh/sshd_config.d/\*.conf$')
  [ -n "$blocks" ] || return
  echo 192.0.2.1
  # A pattern such as `10.0.*` becomes an address that matches it.
  printf '%s\n' "$blocks" | tr ' \t,="!' '\n' | sed -nE 's/\*/1/g; s:/.*::; s/^[0-9]+\.[0-9]+$/&.1.1/; s/^([0-9]+\.){2}[0-9]+$/&.1/
    /^([0-9]+\.){3}[0-9]+$/p; /^[0-9a-fA-F:]*:[0-9a-fA-F:]*$/p' | head -n 4
}

# Sets `patterns` (the files of keys) and `loose` (what a password can log in to) from the settings of sshd for an account.
read_settings() {
  root_login='' by_password='' patterns='.ssh/authorized_keys .ssh/authorized_keys2' empty=no
  while read -r key value; do
    case $key in
      authorizedkeysfile) patterns="$patterns $value" ;;
      permitrootlogin) root_login=$value ;;
      passwordauthentication | kbdinteractiveauthentication | challengeresponseauthentication) by_password="$by_password $value" ;;
      permitemptypasswords) empty=$value ;;
    esac
  done <<END
$1
END
  [ "$empty" = no ] || loose="$loose PermitEmptyPasswords is $empty for $2;"
  case "$2 $root_login $by_password" in 'root yes '*yes*) loose="$loose PermitRootLogin is yes;" ;; esac
}

# Adds the key files of the account to `key_files`.
add_key_files() {
  for pattern in $patterns; do
    [ "$pattern" = none ] && continue
    expand "$pattern" "$user" "$id" "$home"
    case "$key_files " in *" $path "*) ;; *) [ -f "$path" ] && key_files="$key_files $path" ;; esac
  done
}

# Reads the settings of sshd for each account: sets `key_files` and `loose`.
read_accounts() {
  key_files='' loose=''
  addresses=$([ -z "$sshd" ] || match_addresses)
  read_settings "$settings" root
  while IFS=: read -r user _ id _ _ home _ || [ -n "$user" ]; do
    add_key_files
    for address in $addresses; do
      answer=$("$sshd" -T -C "user=$user,host=client.invalid,addr=$address,laddr=192.0.2.2,lport=22" 2>&1 </dev/null) || problem=${answer:-it cannot be read}
      read_settings "$answer" "$user"
      add_key_files
    done
  done </etc/passwd
}

# Prints the given accounts that can become root with sudo or by a group.
admins() {
  for user; do
    case " $(id -nG "$user" 2>/dev/null) " in *' sudo '* | *' wheel '* | *' admin '*) echo "$user"; continue ;; esac
    has sudo && case $(sudo -n -l -U "$user" 2>/dev/null) in *' may run '*) echo "$user" ;; esac
  done
}

report_logins() {
  read_accounts
  none no-extra-login-keys "$(for file in $key_files; do
    grep -v -e '^[[:space:]]*#' -e '^[[:space:]]*$' -e "$TRIAL_KEY" "$file" | sed "s|^|$file: |"
  done)"
  root=''
  while IFS=: read -r user password _ || [ -n "$user" ]; do
    [ "$user" = root ] && root=$password
    case $password in '') open="$open $user" ;; '!'* | '*'*) ;; *) [ "$user" = root ] || known="$known $user" ;; esac
  done </etc/shadow
  none no-empty-passwords "$open"
  case $root in '!'* | '*'*) passed root-password-locked ;; *) failed root-password-locked 'root has a password' ;; esac
  none no-admin-passwords "$(admins $known)"
  if [ -z "$sshd" ]; then
    skipped sshd-config-valid 'sshd is not installed'
    skipped no-root-password-login 'sshd is not installed'
    return
  fi
  if [ -z "$problem" ]; then passed sshd-config-valid; else failed sshd-config-valid "$problem"; fi
  none no-root-password-login "$loose"
}
