# Made by deploy/make.py from deploy/cloudformation/keyturn.yaml; change that, and run it again.

variable "name" {
  type        = string
  description = "What all that the stack makes is named after. Two stacks in one account need two names, in different regions too."
  default     = "keyturn"
  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{0,23}$", var.name))
    error_message = "name must be: 1 to 24 letters, digits and hyphens, a letter first."
  }
}

variable "code_bucket" {
  type        = string
  description = "The bucket in this region that holds keyturn's package."
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.code_bucket))
    error_message = "code_bucket must be: the name of an S3 bucket."
  }
}

variable "code_key" {
  type        = string
  description = "The package in that bucket. Give each version a key of its own, so that an update of the stack sees it."
  default     = "keyturn.zip"
  validation {
    condition     = can(regex("^[A-Za-z0-9._~/:+=-]{1,400}\\.zip$", var.code_key))
    error_message = "code_key must be: an object's key that ends in .zip."
  }
}

variable "code_version" {
  type        = string
  description = "The version of that object, where the bucket keeps versions. Empty for the latest at the time."
  default     = ""
  validation {
    condition     = can(regex("^[A-Za-z0-9._~+/=-]{0,1000}$", var.code_version))
    error_message = "code_version must be: an S3 object version."
  }
}

variable "architecture" {
  type        = string
  description = "What the package was built on."
  default     = "x86_64"
  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture must be: one of x86_64, arm64."
  }
}

variable "reserve_concurrency" {
  type        = bool
  description = "true lets each function run once at a time. false where the account has no concurrency to reserve; keyturn keeps runs apart by itself."
  default     = true
}

variable "log_level" {
  type        = string
  description = "What the functions log."
  default     = "INFO"
  validation {
    condition     = contains(["DEBUG", "INFO", "WARN", "ERROR"], var.log_level)
    error_message = "log_level must be: one of DEBUG, INFO, WARN, ERROR."
  }
}

variable "log_retention_days" {
  type        = number
  description = "How many days the functions' logs are kept."
  default     = 90
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be: one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

variable "rotation" {
  type        = string
  description = "The rotation's name in logs, metrics and answers."
  default     = "default"
  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{1,64}$", var.rotation))
    error_message = "rotation must be: 1 to 64 letters, digits, underscores, dots and hyphens."
  }
}

variable "backup_user" {
  type        = string
  description = "The IAM user whose access key is turned. It exists already, and may write to the backups' bucket."
  default     = "sql-backups-user"
  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.backup_user))
    error_message = "backup_user must be: the name of an IAM user."
  }
}

variable "backup_user_path" {
  type        = string
  description = "That user's path."
  default     = "/"
  validation {
    condition     = can(regex("^/([A-Za-z0-9_+=,.@/-]{1,500}/)?$", var.backup_user_path))
    error_message = "backup_user_path must be: an IAM path, which begins and ends with a slash."
  }
}

variable "max_age" {
  type        = string
  description = "A run makes a new key when the one in force is older. The blog has 7d in one place and 30d in another."
  default     = "7d"
  validation {
    condition     = can(regex("^([0-9]{1,4}(d|h|m|s))+$", var.max_age))
    error_message = "max_age must be: a duration such as 7d or 36h."
  }
}

variable "grace" {
  type        = string
  description = "The previous key stays Active that long after the last change. Longer than LongestBackup."
  default     = "48h"
  validation {
    condition     = can(regex("^([0-9]{1,4}(d|h|m|s))+$", var.grace))
    error_message = "grace must be: a duration such as 48h."
  }
}

variable "longest_backup" {
  type        = string
  description = "The longest that one backup may run."
  default     = "24h"
  validation {
    condition     = can(regex("^([0-9]{1,4}(d|h|m|s))+$", var.longest_backup))
    error_message = "longest_backup must be: a duration such as 24h."
  }
}

variable "quarantine" {
  type        = string
  description = "A deactivated key is kept that much longer before it is deleted."
  default     = "5d"
  validation {
    condition     = can(regex("^([0-9]{1,4}(d|h|m|s))+$", var.quarantine))
    error_message = "quarantine must be: a duration such as 5d."
  }
}

variable "patience" {
  type        = string
  description = "A server that can't be reached for so long no longer holds up the old key. Longer than Grace."
  default     = "14d"
  validation {
    condition     = can(regex("^([0-9]{1,4}(d|h|m|s))+$", var.patience))
    error_message = "patience must be: a duration such as 14d."
  }
}

variable "create_secrets" {
  type        = bool
  description = "true makes the four secrets below, and deletes them with the stack. false uses existing ones by their names, as in an account set up as in the blog."
  default     = true
}

variable "credential_secret" {
  type        = string
  description = "The secret that holds the access key."
  default     = "sqlcredential"
  validation {
    condition     = can(regex("^[A-Za-z0-9/_+=.@-]{1,256}$", var.credential_secret))
    error_message = "credential_secret must be: a secret's name, not its ARN."
  }
}

variable "bucket_url_secret" {
  type        = string
  description = "The secret that holds the backup URL."
  default     = "bucketurl"
  validation {
    condition     = can(regex("^[A-Za-z0-9/_+=.@-]{1,256}$", var.bucket_url_secret))
    error_message = "bucket_url_secret must be: a secret's name, not its ARN."
  }
}

variable "sql_user_secret" {
  type        = string
  description = "The secret that holds the SQL login's name."
  default     = "sqluser"
  validation {
    condition     = can(regex("^[A-Za-z0-9/_+=.@-]{1,256}$", var.sql_user_secret))
    error_message = "sql_user_secret must be: a secret's name, not its ARN."
  }
}

variable "sql_password_secret" {
  type        = string
  description = "The secret that holds the SQL login's password. A new one gets a random password that nobody has seen."
  default     = "sqlpass"
  validation {
    condition     = can(regex("^[A-Za-z0-9/_+=.@-]{1,256}$", var.sql_password_secret))
    error_message = "sql_password_secret must be: a secret's name, not its ARN."
  }
}

variable "bucket_url" {
  type        = string
  description = "CreateSecrets - where SQL Server backs up to, such as s3://backups.s3.eu-central-1.amazonaws.com/sql."
  default     = ""
  validation {
    condition     = can(regex("^(s3://[A-Za-z0-9][A-Za-z0-9._~/:+=!()-]{0,122})?$", var.bucket_url))
    error_message = "bucket_url must be: an s3:// URL of at most 128 characters."
  }
}

variable "sql_login" {
  type        = string
  description = "CreateSecrets - the SQL login that keyturn uses on each server."
  default     = "keyturn"
  validation {
    condition     = can(regex("^[A-Za-z_][A-Za-z0-9_.@$#-]{0,127}$", var.sql_login))
    error_message = "sql_login must be: a SQL login's name."
  }
}

variable "create_kms_key" {
  type        = bool
  description = "true makes a KMS key for the secrets that the stack makes, and deletes it with the stack."
  default     = false
}

variable "kms_key_arn" {
  type        = string
  description = "A KMS key of your own that encrypts the secrets, new or existing. Empty for AWS's own key."
  default     = ""
  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]{1,64})?$", var.kms_key_arn))
    error_message = "kms_key_arn must be: the ARN of a KMS key."
  }
}

variable "tag_key" {
  type        = string
  description = "EC2 instances with this tag are the fleet. With a key other than SQL, see docs/deploy.md about the right to send commands."
  default     = "SQL"
  validation {
    condition     = can(regex("^[A-Za-z0-9_.:/=+@-]{1,128}$", var.tag_key))
    error_message = "tag_key must be: a tag's key."
  }
}

variable "tag_value" {
  type        = string
  description = "That tag's value."
  default     = "2022"
  validation {
    condition     = can(regex("^[A-Za-z0-9_.:/=+@-]{1,256}$", var.tag_value))
    error_message = "tag_value must be: a tag's value."
  }
}

variable "sql_authentication" {
  type        = string
  description = "integrated lets Windows hosts log in as the account that runs keyturn there. Linux hosts use the SQL login in any case."
  default     = "sql"
  validation {
    condition     = contains(["sql", "integrated"], var.sql_authentication)
    error_message = "sql_authentication must be: one of sql, integrated."
  }
}

variable "proof_backup" {
  type        = string
  description = "Who makes a small backup with a new key once it is written. The SQL login needs a right more for it (docs/configuration.md)."
  default     = "off"
  validation {
    condition     = contains(["off", "canary", "all"], var.proof_backup)
    error_message = "proof_backup must be: one of off, canary, all."
  }
}

variable "rotate_login" {
  type        = bool
  description = "Whether keyturn rotates its SQL login's own password, too. Nobody else may use that login without reading the secret."
  default     = false
}

variable "host_roles" {
  type        = list(string)
  description = "Names of the instance profiles' roles that get the hosts' policy. Empty, and you attach it yourself."
  default     = []
}

variable "package_sha256" {
  type        = string
  description = "SHA-256 of the package in CodeBucket. Linux hosts without keyturn then fetch and check it. Empty where it is installed."
  default     = ""
  validation {
    condition     = can(regex("^([0-9a-f]{64})?$", var.package_sha256))
    error_message = "package_sha256 must be: 64 hexadecimal digits."
  }
}

variable "windows_package_key" {
  type        = string
  description = "keyturn.exe in CodeBucket, for Windows hosts without keyturn. Empty where it is installed."
  default     = ""
  validation {
    condition     = can(regex("^([A-Za-z0-9._~/:+=-]{1,400}\\.exe)?$", var.windows_package_key))
    error_message = "windows_package_key must be: an object's key that ends in .exe."
  }
}

variable "windows_package_sha256" {
  type        = string
  description = "SHA-256 of that file. Both or neither."
  default     = ""
  validation {
    condition     = can(regex("^([0-9a-f]{64})?$", var.windows_package_sha256))
    error_message = "windows_package_sha256 must be: 64 hexadecimal digits."
  }
}

variable "schedule_expression" {
  type        = string
  description = "When whatever is due is done. The blog's are rate(7 days) and rate(30 days); daily, with MaxAge, repairs and retires sooner."
  default     = "rate(1 day)"
  validation {
    condition     = can(regex("^(rate|cron)\\([A-Za-z0-9 ,*?/#-]{1,200}\\)$", var.schedule_expression))
    error_message = "schedule_expression must be: rate(…) or cron(…)."
  }
}

variable "schedule_state" {
  type        = string
  description = "DISABLED until the first run by hand went well, and before the stack is deleted."
  default     = "ENABLED"
  validation {
    condition     = contains(["ENABLED", "DISABLED"], var.schedule_state)
    error_message = "schedule_state must be: one of ENABLED, DISABLED."
  }
}

variable "watch_instances" {
  type        = bool
  description = "true brings an instance up to date when it starts."
  default     = true
}

variable "native_rotation_days" {
  type        = number
  description = "Secrets Manager itself rotates the secret every so many days, in place of MaxAge. 0 for no."
  default     = 0
  validation {
    condition     = var.native_rotation_days >= 0 && var.native_rotation_days <= 1000
    error_message = "native_rotation_days must be: from 0 to 1000."
  }
}

variable "alarm_email" {
  type        = string
  description = "Who gets the alarms; must be confirmed. Empty for nobody."
  default     = ""
  validation {
    condition     = can(regex("^([^@ ]+@[^@ ]+)?$", var.alarm_email))
    error_message = "alarm_email must be: an e-mail address."
  }
}

variable "alarm_topic_arn" {
  type        = string
  description = "An SNS topic of your own for the alarms. Empty, and the stack makes one."
  default     = ""
  validation {
    condition     = can(regex("^(arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256})?$", var.alarm_topic_arn))
    error_message = "alarm_topic_arn must be: the ARN of an SNS topic."
  }
}

variable "key_age_limit_days" {
  type        = number
  description = "Alarm when the key in force is older. MaxAge, and the days that a roll-out may take."
  default     = 10
  validation {
    condition     = var.key_age_limit_days >= 1 && var.key_age_limit_days <= 3650
    error_message = "key_age_limit_days must be: from 1 to 3650."
  }
}

variable "laggard_days" {
  type        = number
  description = "Alarm when servers were behind at every run of so many days."
  default     = 3
  validation {
    condition     = var.laggard_days >= 1 && var.laggard_days <= 7
    error_message = "laggard_days must be: from 1 to 7."
  }
}

variable "no_run_days" {
  type        = number
  description = "Alarm when nothing ran for so many days. 0 for no such alarm, where the schedule is longer than a week."
  default     = 2
  validation {
    condition     = var.no_run_days >= 0 && var.no_run_days <= 7
    error_message = "no_run_days must be: from 0 to 7."
  }
}

variable "subnet_ids" {
  type        = list(string)
  description = "Subnets for the functions, with a way out to IAM. Empty for none; over Systems Manager they need no VPC."
  default     = []
}

variable "security_group_ids" {
  type        = list(string)
  description = "Security groups for the functions; both or neither."
  default     = []
}
