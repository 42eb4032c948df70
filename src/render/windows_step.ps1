# keyturn on a Windows host, run by the SSM agent as SYSTEM in Windows PowerShell 5.1: finds the program, or fetches and
# checks it, and starts it. `keyturn render ssm-command` puts this text into the Command document. The agent pastes
# parameters into it as they are: they stand in single quotes, and their allowedPattern leaves nothing that ends those.
# A list is pasted as JSON: ["a","b"].
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$mode = '{{ Mode }}'
$versionId = '{{ VersionId }}'
$stage = '{{ Stage }}'
$notAfter = '{{ NotAfter }}'
$credentialSecret = '{{ CredentialSecret }}'
$bucketUrlSecret = '{{ BucketUrlSecret }}'
$sqlUserSecret = '{{ SqlUserSecret }}'
$sqlPasswordSecret = '{{ SqlPasswordSecret }}'
$sqlAuthentication = '{{ SqlAuthentication }}'
$rotateLogin = '{{ RotateLogin }}'
$proofBackup = '{{ ProofBackup }}'
$bucketUrls = '{{ BucketUrls }}'
$credentialPatterns = '{{ CredentialPatterns }}'
$packageUrl = '{{ WindowsPackageUrl }}'
$packageSha256 = '{{ WindowsPackageSha256 }}'

# A host report like keyturn's own, so that the reason reaches whoever sent the command.
function Write-Failure([string] $reason) {
    $at = [long] ([DateTime]::UtcNow - [DateTime] '1970-01-01').TotalMilliseconds
    $report = [ordered] @{
        version = 1; kind = 'host'; keyturn_version = '@KEYTURN_VERSION@'; host = $env:COMPUTERNAME; command = $mode
        outcome = 'failed'; exit_status = 1; at = $at; reason = $reason; instances = @()
    }
    if ($versionId) { $report['version_id'] = $versionId }
    # ASCII alone: Windows speaks its own language in messages, and the console's code page would spoil it.
    ($report | ConvertTo-Json -Compress) -replace '[^ -~]', '?'
}

# Of the 64-bit Windows, even if a 32-bit agent started this.
$programs = if ($env:ProgramW6432) { $env:ProgramW6432 } else { $env:ProgramFiles }

# Only where administrators alone can put it: PATH has folders of others on many a host, and this runs as SYSTEM.
function Find-Keyturn {
    $place = Join-Path $programs 'keyturn\keyturn.exe'
    if (Test-Path -LiteralPath $place -PathType Leaf) { return $place }
}

function Save-Package([string] $file) {
    if ($packageUrl -notlike 's3://*') {
        # Windows Server 2016 offers no TLS 1.2 by itself. Where scripts are constrained, this can't be set.
        if ($ExecutionContext.SessionState.LanguageMode -eq 'FullLanguage') {
            [Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
        }
        Invoke-WebRequest -UseBasicParsing -Uri $packageUrl -OutFile $file
        return
    }
    $bucket, $key = $packageUrl.Substring(5) -split '/', 2
    if (Get-Command 'Read-S3Object' -ErrorAction SilentlyContinue) {
        $null = Read-S3Object -BucketName $bucket -Key $key -File $file
        return
    }
    if (-not (Get-Command 'aws.exe' -CommandType Application -ErrorAction SilentlyContinue)) {
        throw 'keyturn is not installed on this host, and there is neither AWS Tools for PowerShell nor the AWS CLI to fetch it from S3 with. Install one of the three.'
    }
    $null = & aws.exe s3 cp --only-show-errors $packageUrl $file
    if ($LASTEXITCODE -ne 0) { throw "aws s3 cp ended with exit status $LASTEXITCODE." }
}

function Test-Package([string] $file) {
    return (Test-Path -LiteralPath $file -PathType Leaf) -and
        (Get-FileHash -LiteralPath $file -Algorithm SHA256).Hash -eq $packageSha256
}

# Only the system and administrators may look into it.
function New-PrivateFolder([string] $folder) {
    $null = New-Item -ItemType Directory -Force -Path $folder
    $null = & icacls.exe $folder /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F'
    if ($LASTEXITCODE -ne 0) { throw "The folder $folder can't be closed to other users." }
}

# What commands that were stopped left behind, and packages of the past.
function Remove-OldPackage([string] $cache) {
    $yesterday = (Get-Date).AddDays(-1)
    Get-ChildItem -LiteralPath $cache -File |
        Where-Object { $_.CreationTime -lt $yesterday -and $_.Name -ne "$packageSha256.exe" } |
        Remove-Item -Force -ErrorAction SilentlyContinue
}

# The checked package, from the cache or fetched into it; kept there for the next time.
function Get-Package {
    # Below Program Files nobody but an administrator can have put anything there before.
    $cache = Join-Path $programs 'keyturn\packages'
    New-PrivateFolder $cache
    Remove-OldPackage $cache
    $package = Join-Path $cache "$packageSha256.exe"
    if (Test-Package $package) { return $package }
    $file = Join-Path $cache "$([Guid]::NewGuid()).part"
    try {
        try { Save-Package $file } catch {
            throw "The package $packageUrl can't be fetched: $($_.Exception.Message.TrimEnd('.', ' ')). The host's role needs s3:GetObject on it."
        }
        if (-not (Test-Package $file)) {
            throw "The package $packageUrl does not have the SHA-256 that the command names, so it was not run. Correct either."
        }
        try { Move-Item -LiteralPath $file -Destination $package -Force } catch {
            # Another command may have been quicker, and be running it.
            if (-not (Test-Package $package)) { throw }
        }
    } finally {
        Remove-Item -LiteralPath $file -Force -ErrorAction SilentlyContinue
    }
    return $package
}

function Get-Keyturn {
    $installed = Find-Keyturn
    if ($installed) { return $installed }
    if (-not $packageUrl) {
        throw 'keyturn is not installed on this host, and the command names no package to fetch. Install keyturn.exe, or set WindowsPackageUrl.'
    }
    if (-not $packageSha256) { throw 'WindowsPackageUrl is given without WindowsPackageSha256; nothing is run unchecked.' }
    return Get-Package
}

function Get-List([string] $text) {
    return @($text -split '[\[\],"\s]+' | Where-Object { $_ })
}

# An option and its value, or values; nothing where there is none: PowerShell 5.1 drops an empty argument, and the option
# would take the next word for its value.
function Get-Option([string] $name, [string[]] $values) {
    foreach ($value in $values) { if ($value) { $name; $value } }
}

try {
    # Where there is no instance metadata (hybrid nodes), the agent knows the region.
    if (-not $env:AWS_REGION -and -not $env:AWS_DEFAULT_REGION -and $env:AWS_SSM_REGION_NAME) {
        $env:AWS_REGION = $env:AWS_SSM_REGION_NAME
    }
    $keyturn = Get-Keyturn
    # RotateLogin and ProofBackup are empty where it is not so: a keyturn that was installed earlier does not know them.
    $arguments = @(
        'apply'
        Get-Option '--output' 'json'
        Get-Option '--credential-secret' $credentialSecret
        Get-Option '--bucket-url-secret' $bucketUrlSecret
        Get-Option '--sql-user-secret' $sqlUserSecret
        Get-Option '--sql-password-secret' $sqlPasswordSecret
        Get-Option '--sql-authentication' $sqlAuthentication
        Get-Option '--bucket-url' (Get-List $bucketUrls)
        Get-Option '--credential-pattern' (Get-List $credentialPatterns)
        Get-Option '--rotate-login' $rotateLogin
        Get-Option '--proof-backup' $proofBackup
        if ($mode -eq 'login') { '--login' }
        if ($mode -eq 'check') {
            '--check'
        } else {
            Get-Option '--version-id' $versionId
            Get-Option '--stage' $stage
            Get-Option '--not-after' $notAfter
        }
    )
    # Where transcription is on, PowerShell 5.1 makes errors of what keyturn writes to stderr: none of them is to end this.
    $ErrorActionPreference = 'Continue'
    & $keyturn $arguments
} catch {
    Write-Failure $_.Exception.Message
    exit 1
}
# 3010 would have the agent reboot the host and run this once more.
if ($LASTEXITCODE -eq 3010) { exit 1 }
exit $LASTEXITCODE
