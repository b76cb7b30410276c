import type { Host } from '../../model/host.ts'

/** Inventory variables of a Windows host. The password is none of them: it comes by the file of secret variables. */
export type WindowsVariables = Readonly<Record<string, string | number | boolean>>

/** Variables of a Windows host by its own OpenSSH server. `sshArgs` is what pins the host key and names the build's key. */
export function windowsSshVariables(host: Host, sshArgs: string): WindowsVariables {
  return {
    ansible_connection: 'ssh',
    ansible_host: host.address,
    ansible_port: host.port,
    ansible_user: host.user,
    ansible_shell_type: 'powershell',
    // The server's shell is PowerShell, which neither pipelining nor scp's old protocol gets along with.
    ansible_ssh_transfer_method: 'sftp',
    ansible_pipelining: false,
    ansible_ssh_retries: 5,
    ansible_ssh_args: sshArgs,
  }
}

/** Variables of a Windows host by PowerShell remoting; host and port are those of the door, the certificate is the door's. */
export function windowsPsrpVariables(host: Host, door: { readonly port: number; readonly certificateFile: string }): WindowsVariables {
  return {
    ansible_connection: 'psrp',
    ansible_host: '127.0.0.1',
    ansible_port: door.port,
    ansible_user: host.user,
    ansible_psrp_protocol: 'https',
    ansible_psrp_auth: 'ntlm',
    ansible_psrp_cert_validation: 'validate',
    ansible_psrp_ca_cert: door.certificateFile,
    // The door ends the inner connection: bound to its certificate, the machine would refuse the login.
    ansible_psrp_negotiate_send_cbt: false,
    ansible_psrp_ignore_proxy: true,
    // None by default, and Windows restarts often.
    ansible_psrp_reconnection_retries: 5,
    ansible_psrp_connection_timeout: 60,
    ansible_psrp_operation_timeout: 60,
    ansible_psrp_read_timeout: 90,
  }
}
