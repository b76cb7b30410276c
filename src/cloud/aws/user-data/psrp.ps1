function Get-HttpsListener {
  Get-ChildItem WSMan:\localhost\Listener | Where-Object { $_.Keys -contains 'Transport=HTTPS' }
}

function Save-Listener($listener) {
  $about = @{}
  Get-ChildItem $listener.PSPath | Where-Object { $_.Name -in 'Address', 'Port', 'Hostname', 'CertificateThumbprint' } |
    ForEach-Object { $about[$_.Name] = "$($_.Value)" }
  Save-Value 'WinrmListener' ($about | ConvertTo-Json -Compress)
}

try {
  Save-Start
  $service = Get-Service WinRM
  Save-Value 'WinrmStart' $service.StartType
  $bytes = [Convert]::FromBase64String($Pfx)
  $certificate = New-Object Security.Cryptography.X509Certificates.X509Certificate2($bytes, $PfxPassword, 'MachineKeySet,PersistKeySet,Exportable')
  if ($certificate.Thumbprint -ne $Thumbprint) { throw "the certificate is $($certificate.Thumbprint)" }
  $store = New-Object Security.Cryptography.X509Certificates.X509Store('My', 'LocalMachine')
  $store.Open('ReadWrite')
  $store.Add($certificate)
  $store.Close()

  Set-Service WinRM -StartupType Automatic
  Start-Service WinRM
  Save-Value 'WinrmUnencrypted' (Get-Item WSMan:\localhost\Service\AllowUnencrypted).Value
  Save-Value 'WinrmBasic' (Get-Item WSMan:\localhost\Service\Auth\Basic).Value
  $old = @(Get-HttpsListener)
  if ($old.Count -gt 0) { Save-Listener $old[0] }
  $old | Remove-Item -Recurse -Force
  New-Item -Path WSMan:\localhost\Listener -Transport HTTPS -Address * -Port 5986 -CertificateThumbPrint $Thumbprint -Force | Out-Null
  Set-Item WSMan:\localhost\Service\AllowUnencrypted -Value 'false'
  Set-Item WSMan:\localhost\Service\Auth\Basic -Value 'false'
  Open-Firewall 5986
  Write-Console 'WinRM is ready'
} catch {
  Write-Console "WinRM is not ready: $_"
  throw
}
