import type { Host } from '../../model/host.ts'

/** Inventory variables of a Windows host. They do not contain the password, which is in the file of secret variables. */
export type WindowsVariables = Readonly<Record<string, string | number | boolean>>

/** Variables of a Windows host with OpenSSH. `sshArgs` pins the host key and selects the key of the build. */
export function windowsSshVariables(host: Host, sshArgs: string): WindowsVariables {
  return {
    ansible_connection: 'ssh',
    ansible_host: host.address,
    ansible_port: host.port,
    ansible_user: host.user,
    ansible_shell_type: 'powershell',
    // The shell of the server is PowerShell, with which pipelining and the old protocol of scp do not work.
    ansible_ssh_transfer_method: 'sftp',
    ansible_pipelining: false,
    ansible_ssh_retries: 5,
    ansible_ssh_args: sshArgs,
  }
}

/** Variables of a Windows host with PowerShell remoting. Ansible connects to the local TLS proxy: its port and its certificate. */
export function windowsPsrpVariables(host: Host, forward: { readonly port: number; readonly certificateFile: string }): WindowsVariables {
  return {
    ansible_connection: 'psrp',
    ansible_host: '127.0.0.1',
    ansible_port: forward.port,
    ansible_user: host.user,
    ansible_psrp_protocol: 'https',
    ansible_psrp_auth: 'ntlm',
    ansible_psrp_cert_validation: 'validate',
    ansible_psrp_ca_cert: forward.certificateFile,
    // The TLS connection of Ansible ends at the local TLS proxy. The machine would refuse a login that is bound to the proxy's certificate.
    ansible_psrp_negotiate_send_cbt: false,
    ansible_psrp_ignore_proxy: true,
    // Ansible's default is no retry, and Windows restarts often.
    ansible_psrp_reconnection_retries: 5,
    ansible_psrp_connection_timeout: 60,
    ansible_psrp_operation_timeout: 60,
    ansible_psrp_read_timeout: 90,
  }
}
