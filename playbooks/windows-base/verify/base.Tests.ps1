# Pester 5 runs this on a machine that was started from the candidate.
BeforeAll {
  function Get-Setting([string] $Path, [string] $Name) { (Get-ItemProperty -Path $Path -ErrorAction Stop).$Name }
}

Describe 'The system' {
  It 'is a Windows Server' {
    (Get-CimInstance Win32_OperatingSystem).Caption | Should -Match 'Windows Server 20(22|25)'
  }
  It 'waits for no reboot' {
    'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending' | Should -Not -Exist
    'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired' | Should -Not -Exist
  }
  It 'counts time in UTC' { (Get-TimeZone).Id | Should -Be 'UTC' }
  It 'keeps the clock right' { (Get-Service W32Time).StartType | Should -Be 'Automatic' }
  It 'has no print spooler' { (Get-Service Spooler).StartType | Should -Be 'Disabled' }
}

Describe 'The network' {
  It 'has the firewall on for <_>' -ForEach 'Domain', 'Private', 'Public' {
    (Get-NetFirewallProfile -Name $_).Enabled | Should -Be 'True'
  }
  It 'does not speak the first version of SMB' { (Get-SmbServerConfiguration).EnableSMB1Protocol | Should -BeFalse }
  It 'signs SMB' { (Get-SmbServerConfiguration).RequireSecuritySignature | Should -BeTrue }
  It 'does not serve <_>' -ForEach 'SSL 3.0', 'TLS 1.0', 'TLS 1.1' {
    Get-Setting "HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\$_\Server" 'Enabled' | Should -Be 0
  }
  It 'answers no names by multicast' {
    Get-Setting 'HKLM:\SOFTWARE\Policies\Microsoft\Windows NT\DNSClient' 'EnableMulticast' | Should -Be 0
  }
  It 'asks for a login before it draws a desktop' {
    Get-Setting 'HKLM:\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp' 'UserAuthentication' | Should -Be 1
  }
}

Describe 'Logins' {
  BeforeAll {
    $policy = Join-Path $TestDrive 'policy.inf'
    & secedit.exe /export /cfg $policy /areas SECURITYPOLICY | Out-Null
    $settings = Get-Content $policy -Raw
  }
  It 'ask for long passwords' {
    $settings -match 'MinimumPasswordLength\s*=\s*(\d+)' | Should -BeTrue
    [int]$Matches[1] | Should -BeGreaterOrEqual 14
  }
  It 'ask for mixed passwords' { $settings | Should -Match 'PasswordComplexity\s*=\s*1' }
  It 'lock an account that is guessed at' { $settings | Should -Match 'LockoutBadCount\s*=\s*([1-9]|10)\b' }
  It 'have no guest' { (Get-LocalUser | Where-Object { $_.SID -like '*-501' }).Enabled | Should -BeFalse }
  It 'take no old hashes' { Get-Setting 'HKLM:\SYSTEM\CurrentControlSet\Control\Lsa' 'LmCompatibilityLevel' | Should -Be 5 }
  It 'protect the local security authority' { Get-Setting 'HKLM:\SYSTEM\CurrentControlSet\Control\Lsa' 'RunAsPPL' | Should -Be 1 }
  It 'keep no passwords in memory' {
    Get-Setting 'HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\WDigest' 'UseLogonCredential' | Should -Be 0
  }
}

Describe 'Logs' {
  It 'are kept long enough' { (Get-WinEvent -ListLog Security).MaximumSizeInBytes | Should -BeGreaterOrEqual 201326592 }
  It 'have the scripts that PowerShell runs' {
    Get-Setting 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\PowerShell\ScriptBlockLogging' 'EnableScriptBlockLogging' | Should -Be 1
  }
}
