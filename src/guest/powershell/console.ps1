# The serial port is all that a build can read from a machine that it cannot log in to. Not every machine has one.
function Write-Console([string] $text) {
  try {
    $port = New-Object IO.Ports.SerialPort 'COM1', 115200
    $port.Open()
    $port.WriteLine("bakehouse: $($text -replace '\s+', ' ')")
    $port.Close()
  } catch { return }
}
