function Remove-Quietly([string[]] $paths) { Remove-Item -Path $paths -Recurse -Force -ErrorAction SilentlyContinue }

function Remove-Traces {
  Get-LocalUser | Where-Object { $_.Name -match '^(bakehouse|packer)' } | Remove-LocalUser
  Get-ScheduledTask -ErrorAction SilentlyContinue | Where-Object { $_.TaskName -match 'bakehouse|ansible' } | Unregister-ScheduledTask -Confirm:$false
  Remove-NetFirewallRule -Name 'bakehouse*' -ErrorAction SilentlyContinue
  Remove-Quietly @(
    "$env:SystemDrive\Users\*\AppData\Roaming\Microsoft\Windows\PowerShell\PSReadLine\ConsoleHost_history.txt",
    "$env:SystemDrive\Users\*\.ssh\authorized_keys", "$env:SystemDrive\Users\*\.ssh\known_hosts", "$env:SystemDrive\Users\*\.ansible_async",
    "$env:SystemRoot\System32\config\systemprofile\.ansible_async",
    "$env:SystemRoot\MEMORY.DMP", "$env:SystemRoot\Minidump\*", "$env:SystemRoot\SoftwareDistribution\Download\*", "$env:ProgramData\ssh\logs\*"
  )
  Remove-UserData
  Get-ChildItem "$env:SystemRoot\Temp", $env:TEMP -Force -ErrorAction SilentlyContinue |
    Where-Object { $_.Name -ne 'bakehouse-seal.ps1' } | Remove-Item -Recurse -Force -ErrorAction SilentlyContinue
  foreach ($name in 'SusClientId', 'SusClientIDValidation', 'PingID', 'AccountDomainSid') {
    Remove-ItemProperty -Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate' -Name $name -ErrorAction SilentlyContinue
  }
}

# EC2Launch keeps the user data, with the host key or the certificate of the build in it, where it ran it.
function Remove-UserData {
  foreach ($profile in "$env:SystemRoot\System32\config\systemprofile", "$env:SystemDrive\Users\*") {
    Remove-Quietly @("$profile\AppData\Local\Temp\EC2Launch*", "$profile\AppData\Local\Temp\Amazon\EC2-Windows", "$profile\AppData\Local\Temp\UserScript.ps1")
  }
}
